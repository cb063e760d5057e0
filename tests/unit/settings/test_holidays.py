"""Days off, against a printed calendar."""

from __future__ import annotations

from datetime import date

from campaigns.settings.holidays import days_off


def test_days_off_of_2026() -> None:
    """The calendar that the almanac office of the University of Helsinki prints."""
    printed = "01.01. 06.01. 03.04. 05.04. 06.04. 01.05. 14.05. 24.05. 19.06. 20.06. 31.10. 06.12."
    assert [day.strftime("%d.%m.") for day in sorted(days_off([2026]))] == [
        *printed.split(),
        "24.12.",
        "25.12.",
        "26.12.",
    ]


def test_days_off_move_with_easter() -> None:
    assert {date(2024, 3, 29), date(2024, 4, 1), date(2038, 4, 25)} <= days_off([2024, 2038])
