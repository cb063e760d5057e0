"""The kinds that this room imports."""

from __future__ import annotations

from campaigns.register.companies import Companies
from campaigns.register.contracts import Contracts
from campaigns.register.deliveries import Kind
from campaigns.register.events import Events
from campaigns.register.interactions import Interactions
from campaigns.register.list_members import ListMembers
from campaigns.register.persons import Persons
from campaigns.register.sites import Sites

KINDS: tuple[Kind, ...] = (
    Companies(),
    Persons(),
    Sites(),
    Contracts(),
    Events(),
    Interactions(),
    ListMembers(),
)
