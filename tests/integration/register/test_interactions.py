"""Interactions: that they happened, and nothing of what was said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaigns.settings.model import SourceFile
from support.offices import Office

HEADER = "source_id,person,channel,direction,started_at,ended_at,topic,outcome,handled_by"
CALL = "I1,C1,phone,inbound,2026-11-20 10:00,2026-11-20 10:07,Billing,solved,tiimi_2"
SECRET = "haluan irtisanoa koska mieheni kuoli"


@pytest.fixture
def office(office: Office) -> Office:
    sources = dict(office.settings.sources)
    sources["desk"] = SourceFile(
        kind="interactions", controller="lahti_energia", match="desk_*.csv", key_space="crm"
    )
    office.settings = office.settings.model_copy(update={"sources": sources})
    office.load(office.people("asiakkaat_1.csv", [{"source_id": "C1", "first_name": "A"}]))
    return office


def test_metadata_go_in(office: Office) -> None:
    rows = f"{HEADER}\n{CALL}\nI2,C1,visit,,2026-11-21 09:00,,,,\n"
    (done,) = office.load(office.write("desk_1.csv", rows))
    assert (done.kind, done.accepted, done.quarantined) == ("interactions", 2, 0)
    call = office.frame("interactions").filter(channel="phone").row(0, named=True)
    assert (call["person_id"], call["topic"], call["outcome"], call["handled_by"]) == (
        1,
        "billing",
        "solved",
        "tiimi_2",
    )
    assert call["started_at"] == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert call["source"] == "desk"


@pytest.mark.parametrize(
    "column",
    ["content", "viesti", "Transcript", "call recording url", "salasana", "body", "puhelutallenne tallenne"],
)
def test_a_file_that_brings_content_is_refused_whole_and_none_of_it_is_kept(
    office: Office, column: str
) -> None:
    (done,) = office.load(office.write("desk_1.csv", f"{HEADER},{column}\n{CALL},{SECRET}\n"))
    assert done.refused is not None
    assert done.refused.code == "REG017"
    assert f"`{column}`" in done.refused.message
    assert office.frame("interactions").is_empty()
    assert SECRET not in everything(office)


def test_a_column_that_is_mapped_to_ours_is_looked_at_by_its_own_name(office: Office) -> None:
    sources = dict(office.settings.sources)
    sources["desk"] = sources["desk"].model_copy(update={"columns": {"viesti": "topic"}})
    office.settings = office.settings.model_copy(update={"sources": sources})
    header = HEADER.replace("topic", "viesti")
    (done,) = office.load(office.write("desk_1.csv", f"{header}\n{CALL}\n"))
    assert done.refused is not None
    assert done.refused.code == "REG017"


def test_no_text_hides_in_a_word_or_in_the_quarantine(office: Office) -> None:
    rows = [
        f"I1,C1,phone,inbound,2026-11-20 10:00,,{SECRET},,",
        f"I2,C1,phone,inbound,2026-11-20 10:00,,,{SECRET},",
        f"I3,C1,phone,inbound,2026-11-20 10:00,,,,{SECRET}",
        f"I4,C1,phone,inbound,{SECRET},,,,",
        f"I5,C1,carrier pigeon,inbound,2026-11-20 10:00,,,,{SECRET}",
        f"I6,C1,phone,inbound,2026-11-20 10:00,,,,,{SECRET}",
        f"I7,C1,phone,inbound,2026-11-20 10:00,,{'x' * 41},,",
        "I8,C1,phone,inbound,2026-11-20 10:00,2026-11-20 09:59,,,",
        "I9,C1,phone,inbound,2026-11-20 10:00,2027-11-20 10:00,,,",
        "I10,C1,phone,inbound,2026-12-20 10:00,,,,",
        "I11,C9,phone,inbound,2026-11-20 10:00,,,,",
    ]
    (done,) = office.load(office.write("desk_1.csv", "\n".join([HEADER, *rows]) + "\n"))
    assert (done.accepted, done.quarantined) == (0, len(rows))
    assert office.frame("quarantine")["text"].null_count() == len(office.frame("quarantine"))
    assert SECRET not in everything(office)
    assert "mieheni" not in repr(done)


def test_the_newest_word_about_an_interaction_counts(office: Office) -> None:
    office.load(office.write("desk_2.csv", f"{HEADER}\n{CALL}\n"))
    older = CALL.replace("solved", "open")
    office.load(office.write("desk_1.csv", f"{HEADER}\n{older}\n", hours=-2))
    assert office.frame("interactions")["outcome"].to_list() == ["solved"]


def test_an_erased_person_has_none(office: Office) -> None:
    office.load(office.write("desk_1.csv", f"{HEADER}\n{CALL}\n"))
    office.lake.erase("lahti_energia", [1])
    assert office.frame("interactions").is_empty()


def everything(office: Office) -> str:
    """All that lies under data/, as text."""
    files = [path.read_bytes() for path in office.lake.root.parent.rglob("*") if path.is_file()]
    return b"\n".join(files).decode("utf-8", errors="replace") + repr(office.frame("quarantine").to_dicts())
