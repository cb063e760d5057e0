"""Every word of the settings has its sentence in the record of processing, and no sentence is left over."""

from __future__ import annotations

from typing import get_args

import sqlalchemy as sa

from campaigns.ledger.rights_requests import KINDS as RIGHT_KINDS
from campaigns.ledger.tables import metadata
from campaigns.register.persons import KINDS
from campaigns.register.relationships import KINDS as RELATIONSHIP_KINDS
from campaigns.reports import privacy_words as words
from campaigns.reports.privacy_settings import LEDGER
from campaigns.settings.legal_bases import LEGAL_BASES
from campaigns.settings.model import EEA, NoticePurpose, Processor
from campaigns.settings.policy import Policy
from campaigns.settings.retention import Retention


def test_every_word_has_its_sentence() -> None:
    assert set(words.PURPOSES) == set(LEGAL_BASES) == set(get_args(NoticePurpose))
    assert set(words.BASES) == {basis for bases in LEGAL_BASES.values() for basis in bases}
    assert set(words.PERSON_KINDS) == set(KINDS)
    assert set(words.RELATIONSHIPS) == set(RELATIONSHIP_KINDS)
    assert set(words.RETENTION) == set(Retention.model_fields)
    assert set(words.POLICY) == set(Policy.model_fields)
    assert set(words.RIGHTS) == set(RIGHT_KINDS)
    assert set(words.REGIONS) == set(get_args(Processor.model_fields["region"].annotation)) > EEA
    assert set(words.TRANSFERS) == set(get_args(Processor.model_fields["transfer"].annotation))


def test_every_table_of_the_ledger_with_people_is_in_a_category() -> None:
    listed = {name for names in LEDGER.values() for name in names}
    personal = {
        name
        for name, table in metadata.tables.items()
        if {"person_id", "message_id", "address_digest"} & set(table.c.keys())
    }
    assert listed == personal
    assert all(isinstance(metadata.tables[name], sa.Table) for name in listed)
