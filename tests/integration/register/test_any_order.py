"""Whatever the order of files, and however often each comes: the newest word about everybody counts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from campaigns.ledger import Ledger
from campaigns.settings.model import Settings
from support.effort import examples
from support.offices import Office, house_settings

SETTINGS: Settings = house_settings()
rows = st.fixed_dictionaries(
    {
        "source_id": st.sampled_from("123"),
        "first_name": st.sampled_from(["A", "B", ""]),
        "email": st.sampled_from(["a@x.fi", "b@x.fi", ""]),
        "relationship": st.sampled_from(["", "subscriber", "partner"]),
        "birth_year": st.sampled_from(["1980", "x"]),
    }
)
# Files of the same bytes are one file, whenever they come: so these differ.
bundles = st.lists(st.lists(rows, min_size=1, max_size=4), min_size=2, max_size=3, unique_by=repr)


def current(office: Office) -> list[tuple[object, ...]]:
    """What is true now of each customer number; histories may differ with the order of arrival."""
    numbers = office.frame("person_keys").select("person_id", number="source_id")
    people = office.frame("persons").drop("registered_on")
    emails = office.frame("contact_points").filter(pl.col("valid_to").is_null()).select("person_id", "value")
    kinds = (
        office.frame("relationships").filter(pl.col("end_date").is_null()).select("person_id", word="kind")
    )
    whole = people.join(emails, on="person_id", how="left").join(kinds, on="person_id", how="left")
    return sorted(map(repr, whole.join(numbers, on="person_id").drop("person_id").rows()))  # type: ignore[arg-type]


@given(bundles, st.permutations(range(3)), st.lists(st.integers(0, 2), max_size=2))
@examples(4)
def test_order_and_repetition_do_not_matter(
    files: list[list[dict[str, str]]], order: list[int], again: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder)
        ledger = Ledger.open(inbox / "ledger" / "ledger.sqlite")
        straight, mixed = (
            Office(inbox / name, SETTINGS, ledger)
            for name in ("straight", "mixed")
            if not (inbox / name).mkdir()
        )
        for office in (straight, mixed):
            for at, content in enumerate(files):
                office.people(f"asiakkaat_{at}.csv", content, hours=at - 3)
        paths = [f"asiakkaat_{at}.csv" for at in range(len(files))]
        for name in paths:
            straight.load(straight.inbox / name)
        turns = [at for at in (*order, *again) if at < len(files)]
        for at in turns:
            mixed.load(mixed.inbox / paths[at])
        ledger.dispose()
        assert current(mixed) == current(straight)
        assert len(mixed.frame("quarantine")) == len(straight.frame("quarantine"))
