"""Full extracts: what is absent ends and stays; what shrank or is old stops."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from campaigns.ledger import audit
from support.offices import NOON, Office, metering_points

TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)
NOW_GONE = NOON + timedelta(days=3)


def everybody(count: int = 20, *, without: tuple[int, ...] = ()) -> list[dict[str, str]]:
    return [
        {"source_id": str(at), "first_name": "A", "email": f"p{at}@x.fi", "customer_since": "1.1.2020"}
        for at in range(count)
        if at not in without
    ]


def test_an_absent_person_ends_and_is_not_removed(office: Office) -> None:
    office.load(office.people("kaikki_1.csv", everybody()))
    office.now = NOON + timedelta(days=1)
    (done,) = office.load(office.people("kaikki_2.csv", everybody(without=(7,))))
    assert done.notes == ("1 person is no longer in the extract",)
    persons = office.frame("persons")
    assert len(persons) == 20
    ended = persons.filter(pl.col("ended_on").is_not_null())
    assert ended.select("person_id", "ended_on").rows() == [(8, TOMORROW)]
    points = office.frame("contact_points").filter(pl.col("valid_to").is_not_null())
    assert points.select("value", "valid_to").rows() == [("p7@x.fi", TOMORROW)]
    relationships = office.frame("relationships").filter(pl.col("end_date").is_not_null())
    assert relationships.select("person_id", "end_date").rows() == [(8, TOMORROW)]
    office.now = NOON + timedelta(days=2)
    office.load(office.people("kaikki_3.csv", everybody(21)))
    assert office.frame("persons")["ended_on"].null_count() == 21
    back = office.frame("contact_points").filter(pl.col("value") == "p7@x.fi")
    assert back.select("valid_from", "valid_to").rows() == [(date(2026, 11, 26), None)]


def test_a_row_with_a_mistake_is_still_in_the_extract(office: Office) -> None:
    office.load(office.people("kaikki_1.csv", everybody()))
    rows = everybody()
    rows[3]["birth_year"] = "x"
    rows[4]["note"] = "010594Y9032"
    content = office.people("kaikki_2.csv", rows).read_text()
    content = content.replace("\n5;", '\n5;"').replace("\n6;", "\n6;;")
    (done,) = office.load(office.write("kaikki_2.csv", content))
    assert (done.accepted, done.quarantined) == (16, 4)
    assert office.frame("persons")["ended_on"].null_count() == 20


def test_an_extract_that_shrinks_by_more_than_five_percent_is_refused_whole(office: Office) -> None:
    office.load(office.people("kaikki_1.csv", everybody()))
    before = office.all_frames()
    (done,) = office.load(office.people("kaikki_2.csv", everybody(without=(1, 2))))
    assert done.refused is not None
    assert done.refused.code == "REG013"
    assert "2 of the 20 persons" in done.refused.message
    assert office.all_frames() == before
    assert office.frame("quarantine").is_empty()
    assert len(office.frame("deliveries")) == 1


def test_a_true_shrink_is_accepted_by_somebody_and_recorded(office: Office) -> None:
    office.load(office.people("kaikki_1.csv", everybody()))
    half = office.people("kaikki_2.csv", everybody(10))
    (refused,) = office.load(half)
    assert refused.refused is not None
    assert "--accept-shrink" in refused.refused.hint
    with office.ledger.read() as connection:
        assert audit.frame(connection).is_empty()
    (done,) = office.load(half, shrink_accepted_by="maija")
    assert (done.accepted, done.notes) == (10, ("10 persons are no longer in the extract",))
    assert office.frame("persons")["ended_on"].null_count() == 10
    with office.ledger.read() as connection:
        (entry,) = audit.frame(connection).to_dicts()
    assert (entry["actor"], entry["action"], entry["controller"]) == (
        "maija",
        "shrink_accepted",
        "lahti_energia",
    )
    assert '"absent": 10' in entry["details"]
    assert '"of": 20' in entry["details"]


def test_a_shrink_that_needs_no_word_is_not_recorded(office: Office) -> None:
    office.load(office.people("kaikki_1.csv", everybody()))
    office.load(office.people("kaikki_2.csv", everybody(without=(7,))), shrink_accepted_by="maija")
    office.load(office.people("asiakkaat_1.csv", everybody(1)), shrink_accepted_by="maija")
    with office.ledger.read() as connection:
        assert audit.frame(connection).is_empty()


def test_bans_of_people_who_are_dropped_stay_in_force_when_they_return(office: Office) -> None:
    """One banned all, one letters, one withdrew; they leave, stay away, and come back with a new number."""
    office.load(office.people("kaikki_1.csv", everybody()))
    before = office.now
    office.says(8, "ban_all")
    office.says(9, "ban_channel", channel="letter")
    office.says(10, "granted", channel="email", purpose="direct_marketing")
    office.now = before + timedelta(hours=1)
    office.says(10, "withdrawn", channel="email", purpose="direct_marketing")
    said = [office.decisions(person, "email", "letter") for person in (8, 9, 10)]
    assert [answer["email"] for answer in said] == ["BANNED_ALL", "NO_CONSENT", "CONSENT_WITHDRAWN"]
    assert [answer["letter"] for answer in said[:2]] == ["BANNED_ALL", "BANNED_CHANNEL"]
    office.now = NOW_GONE
    office.load(office.people("kaikki_2.csv", everybody(without=(7, 8, 9))), shrink_accepted_by="maija")
    gone = [office.decisions(person, "email", "letter") for person in (8, 9, 10)]
    assert [answer["email"] for answer in gone] == ["BANNED_ALL", "NO_CONSENT", "CONSENT_WITHDRAWN"]
    office.now = NOW_GONE + timedelta(days=1)
    office.load(office.people("kaikki_3.csv", everybody()))
    assert office.frame("persons")["ended_on"].null_count() == 20
    back = [office.decisions(person, "email", "letter") for person in (8, 9, 10)]
    assert back == said


def test_an_older_extract_is_refused_unless_its_time_is_told(office: Office) -> None:
    office.load(office.people("kaikki_2.csv", everybody(20)))
    before = office.all_frames()
    (refused,) = office.load(office.people("kaikki_1.csv", everybody(21), hours=-1))
    assert refused.refused is not None
    assert refused.refused.code == "REG012"
    assert office.all_frames() == before
    (told,) = office.load(
        office.people("kaikki_1.csv", everybody(21)), received=datetime(2026, 11, 20, tzinfo=UTC)
    )
    assert told.refused is None
    assert (told.accepted, told.notes) == (1, ("20 rows are older than what is known",))
    assert office.frame("persons")["ended_on"].null_count() == 21


def test_changes_end_nothing(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", everybody()))
    office.load(office.people("asiakkaat_2.csv", everybody(1)))
    assert office.frame("persons")["ended_on"].null_count() == 20


def test_the_first_half_again_changes_no_count(office: Office) -> None:
    office.load(office.people("asiakkaat_1.csv", everybody()))
    before = office.all_frames("received_at")
    office.load(office.people("asiakkaat_2.csv", everybody(10)))
    assert office.all_frames("received_at") == before
    office.load(office.people("kaikki_1.csv", everybody()))
    before = office.all_frames()
    (half,) = office.load(office.people("kaikki_2.csv", everybody(10)))
    assert half.refused is not None
    assert office.all_frames() == before


def test_companies_sites_and_contracts_end_too(office: Office) -> None:
    """The third extract has the same bytes as the first one, and says something new all the same."""
    numbers = metering_points(20)
    points = [f"K{at},{number},electricity\n" for at, number in enumerate(numbers)]

    def files(count: int, day: int) -> None:
        office.now = NOON + timedelta(days=day)
        companies = "source_id,name\n" + "".join(f"Y{at},Firma\n" for at in range(count))
        sites = "source_id,gsrn,energy\n" + "".join(points[:count])
        contracts = "source_id,company,gsrn,contract_type,start_date\n" + "".join(
            f"S{at},Y{at},{numbers[at]},spot,2020-01-01\n" for at in range(count)
        )
        done = office.load(
            office.write(f"companies_{day}.csv", companies),
            office.write(f"sites_{day}.csv", sites),
            office.write(f"contracts_{day}.csv", contracts),
        )
        assert [one.refused for one in done] == [None] * 3

    files(20, 0)
    files(19, 1)
    assert office.frame("companies")["ended_on"].drop_nulls().to_list() == [TOMORROW]
    assert office.frame("metering_points")["ended_on"].drop_nulls().to_list() == [TOMORROW]
    assert office.frame("contracts")["end_date"].drop_nulls().to_list() == [TOMORROW]
    files(20, 2)
    assert office.frame("companies")["ended_on"].null_count() == 20
    assert office.frame("metering_points")["ended_on"].null_count() == 20
    assert office.frame("contracts")["end_date"].null_count() == 20
