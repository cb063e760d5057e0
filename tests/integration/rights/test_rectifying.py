"""Correcting a person's data, and what sources that still say the old can do against it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from campaigns.errors import Refused, UserError
from campaigns.ledger import suppressions
from campaigns.ledger.tables import audit
from campaigns.rights import rectifying
from campaigns.workspace import erasing, objecting, rights
from support.bureaus import ALONE, OURS, SON, SPOUSE, STRANGER, ZORRO, Bureau

OTHERS = (ZORRO, SPOUSE, SON, STRANGER)
NEW = "orjan@uusi.example"


def rectify(bureau: Bureau, *settings: str) -> tuple[str, ...]:
    request = rights.begin(bureau.workspace, "rectify", str(bureau.number("100005")))
    return objecting.rectify(bureau.workspace, request, settings)


def open_points(bureau: Bureau) -> dict[str, str]:
    points = bureau.frame("contact_points").filter(controller=OURS, person_id=bureau.number("100005"))
    return dict(points.filter(points["valid_to"].is_null()).select("channel", "value").rows())


def deliver(bureau: Bureau, day: int, *, hours: float = 0, **changed: str) -> None:
    bureau.people(f"asiakkaat_202611{day}.csv", *OTHERS, ALONE | changed, hours=hours)
    bureau.load()


def test_the_old_is_closed_and_the_new_is_no_address_from_a_sale(bureau: Bureau) -> None:
    assert rectify(bureau, f"email={NEW}") == ("email",)
    points = bureau.frame("contact_points").filter(controller=OURS, person_id=bureau.number("100005"))
    rows = points.filter(channel="email").sort("valid_from")
    today = bureau.workspace.today()
    columns = ("value", "source", "from_sale", "valid_from", "valid_to", "deliverable")
    assert rows.select("value", "valid_to").rows()[0] == ("orjan.zq@posti.example", today)
    assert rows.select(columns).rows()[1] == (NEW, "rights", False, today, None, True)
    (row,) = rights.listed(bureau.workspace, closed=True)
    assert (row["kind"], row["state"]) == ("rectify", "done")


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_delivery_that_still_says_the_old_does_not_undo_it(bureau: Bureau, hours: float) -> None:
    rectify(bureau, f"email={NEW}", "last_name=Uusi", "birth_year=1949", "phone=0501112222")
    bureau.now = bureau.now.replace(day=27)
    deliver(bureau, 26, hours=hours - 72, suhde="customer")
    points = open_points(bureau)
    assert (points["email"], points["sms"], points["phone"]) == (NEW, "+358501112222", "+358501112222")
    row = bureau.row("100005")
    assert (row["first_name"], row["last_name"], row["birth_year"]) == ("Örjan", "Uusi", 1949)


def test_a_delivery_that_says_something_newer_wins_and_ends_it(bureau: Bureau) -> None:
    rectify(bureau, f"email={NEW}", "last_name=Uusi")
    bureau.now = bureau.now.replace(day=27)
    deliver(bureau, 26, sähköposti="third@posti.example", sukunimi="Kolmas")
    assert open_points(bureau)["email"] == "third@posti.example"
    assert bureau.row("100005")["last_name"] == "Kolmas"
    bureau.now = bureau.now.replace(day=28)
    deliver(bureau, 27)  # the source went back: that is its newest word
    assert open_points(bureau)["email"] == "orjan.zq@posti.example"
    assert bureau.row("100005")["last_name"] == "Zetterlöf-Quist"


def test_a_correction_of_a_correction_holds(bureau: Bureau) -> None:
    rectify(bureau, f"email={NEW}")
    bureau.now = bureau.now.replace(hour=11)
    rectify(bureau, "email=newest@uusi.example")
    bureau.now = bureau.now.replace(day=27)
    deliver(bureau, 26, kieli="sv")
    assert open_points(bureau)["email"] == "newest@uusi.example"
    assert bureau.row("100005")["language"] == "sv"


def test_a_letter_address_is_corrected_in_parts(bureau: Bureau) -> None:
    assert rectify(bureau, "address=Uusikuja 2") == ("letter",)
    assert open_points(bureau)["letter"] == "Uusikuja 2\n15140 LAHTI"
    bureau.now = bureau.now.replace(hour=11)
    assert rectify(bureau, "postal_code=00100", "city=Helsinki") == ("letter", "postal_code")
    assert open_points(bureau)["letter"] == "Uusikuja 2\n00100 HELSINKI"
    assert bureau.row("100005")["postal_code"] == "00100"
    bureau.now = bureau.now.replace(day=27)
    deliver(bureau, 26, kieli="sv")
    assert open_points(bureau)["letter"] == "Uusikuja 2\n00100 HELSINKI"
    assert bureau.row("100005")["postal_code"] == "00100"


def test_what_is_taken_away_stays_away(bureau: Bureau) -> None:
    assert rectify(bureau, "phone=") == ("phone", "sms")
    bureau.now = bureau.now.replace(day=27)
    deliver(bureau, 26, kieli="sv")
    assert open_points(bureau).keys() == {"email", "letter"}


def test_an_address_that_bounced_still_does(bureau: Bureau) -> None:
    with bureau.workspace.ledger.write() as connection:
        suppressions.add(
            connection, controller=OURS, channel="email", address=NEW, reason="hard_bounce", now=bureau.now
        )
        before = len(suppressions.frame(connection))
    rectify(bureau, f"email={NEW}")
    with bureau.workspace.ledger.read() as connection:
        assert len(suppressions.frame(connection)) == before


def test_an_address_of_somebody_erased_is_refused(bureau: Bureau) -> None:
    stranger = rights.begin(bureau.workspace, "erase", str(bureau.number("100004")))
    erasing.erase(bureau.workspace, stranger)
    with pytest.raises(Refused, match="RGT042") as refused:
        rectify(bureau, "email=aino@posti.example")
    assert "aino" not in str(refused.value)
    assert open_points(bureau)["email"] == "orjan.zq@posti.example"


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("email=no address", "RGT041"),
        ("phone=12", "RGT041"),
        ("language=de", "RGT041"),
        ("birth_year=50", "RGT041"),
        ("postal_code=abc", "RGT041"),
        ("last_name=010190-123A", "RGT041"),
        ("address=", "RGT041"),
        ("salary=1", "RGT040"),
        ("email", "RGT040"),
        ("=x", "RGT040"),
    ],
)
def test_what_cannot_be_is_refused_without_repeating_it(bureau: Bureau, setting: str, code: str) -> None:
    before = bureau.register(OURS)
    with pytest.raises(UserError, match=code) as refused:
        rectify(bureau, setting)
    value = setting.partition("=")[2]
    assert not value or value not in str(refused.value).replace("language", "")
    assert bureau.register(OURS) == before


def test_nothing_is_written_when_it_was_so_already(bureau: Bureau) -> None:
    before = bureau.register(OURS)
    assert rectify(bureau, "email=Orjan.ZQ@posti.example", "first_name=Örjan") == ()
    assert bureau.register(OURS) == before


def test_the_ledger_tells_fields_and_no_value(bureau: Bureau) -> None:
    rectify(bureau, f"email={NEW}")
    with bureau.workspace.ledger.read() as connection:
        entries = connection.execute(sa.select(audit)).all()
    assert NEW not in repr(entries)
    assert "email" in repr(entries)


def test_words_are_read_before_a_request_is_opened() -> None:
    assert rectifying.parsed(("email= a@b.fi ", "city=")) == {"email": "a@b.fi", "city": ""}
    with pytest.raises(UserError, match="twice"):
        rectifying.parsed(("city=a", "city=b"))
