from __future__ import annotations

import polars as pl
import pytest

from campaigns.demo import crm, mess, registers
from campaigns.demo.companies import Businesses
from campaigns.demo.dice import Dice
from campaigns.identifiers import personal_codes


@pytest.fixture(scope="module")
def clean(everybody: pl.DataFrame, business: Businesses) -> pl.DataFrame:
    numbered = business.companies.with_columns(
        number=(pl.col("company") + registers.FIRST_COMPANY).cast(pl.String)
    )
    return crm.rows(everybody, numbered)


@pytest.fixture(scope="module")
def spoilt(dice: Dice, clean: pl.DataFrame) -> mess.Spoilt:
    return mess.spoil(dice, clean)


def test_every_person_is_still_there_and_some_twice(clean: pl.DataFrame, spoilt: mess.Spoilt) -> None:
    assert set(spoilt.frame["asiakasnro"]) == set(clean["asiakasnro"])
    assert spoilt.frame.height == clean.height + spoilt.counts["rows sent twice"]
    again = spoilt.frame.filter(pl.col("asiakasnro").is_duplicated())
    assert again.unique().height == spoilt.counts["rows sent twice"]


def test_identity_codes_are_of_test_persons_and_a_detector_finds_them(spoilt: mess.Spoilt) -> None:
    notes = spoilt.frame.unique("asiakasnro").filter(pl.col("lisätiedot").is_not_null())["lisätiedot"]
    with_code = [text for text in notes if personal_codes.contains_certain(text)]
    assert len(with_code) == spoilt.counts["identity codes in notes"] >= 3
    assert len(notes) > 20 * len(with_code) / 2


def test_the_codes_stand_in_no_other_column(spoilt: mess.Spoilt) -> None:
    for name in spoilt.frame.columns:
        if name != "lisätiedot" and spoilt.frame[name].dtype == pl.String:
            assert not any(personal_codes.contains_certain(text) for text in spoilt.frame[name].drop_nulls())


def test_counts_are_those_of_the_rows(spoilt: mess.Spoilt) -> None:
    once = spoilt.frame.unique("asiakasnro")
    bad_mail = ~once["sähköposti"].str.contains(r"^[^@\s]+@[^@\s]+\.[A-Za-z]+$").fill_null(value=True)
    bad_post = ~once["postinumero"].str.contains(r"^\d{5}$").fill_null(value=True)
    assert bad_mail.sum() == spoilt.counts["bad e-mail addresses"]
    assert bad_post.sum() == spoilt.counts["bad postal codes"]
    assert once["sähköposti"].null_count() == spoilt.counts["e-mail missing"]


def test_broken_rows_have_another_number_of_fields_or_an_open_quote(clean: pl.DataFrame) -> None:
    width = len(clean.columns)
    for line in mess.BROKEN:
        assert line.count(";") + 1 != width or line.count('"') % 2
