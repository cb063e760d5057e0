"""The numbers of things that keep their source's name: companies, sites, metering points, contracts, events.

A metering point with a GSRN has the GSRN as its number; one of district heat has that of its site.
"""

from __future__ import annotations

import polars as pl

from campaigns.lake.keys import stable_ids


def person_counter(controller: str) -> str:
    """The counter of the lake that gives a register's `person_id`s."""
    return f"person_id:{controller}"


def company_ids(controller: str, source_ids: pl.Series) -> pl.Series:
    """`company_id` of each source id."""
    return _ids(controller, "company", source_ids)


def site_ids(controller: str, source_ids: pl.Series) -> pl.Series:
    """`site_id` of each source id."""
    return _ids(controller, "site", source_ids)


def heat_point_ids(controller: str, site_source_ids: pl.Series) -> pl.Series:
    """`metering_point_id` of the district heat of each site."""
    return _ids(controller, "heat_point", site_source_ids)


def contract_ids(controller: str, source_ids: pl.Series) -> pl.Series:
    """`contract_id` of each source id."""
    return _ids(controller, "contract", source_ids)


def event_ids(controller: str, source: str, source_ids: pl.Series) -> pl.Series:
    """`event_id` of each source id; sources number their events by themselves."""
    return _ids(controller, source, source_ids)


def _ids(controller: str, space: str, source_ids: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"source_id": source_ids})
    return stable_ids(frame, [controller, space, pl.col("source_id")])
