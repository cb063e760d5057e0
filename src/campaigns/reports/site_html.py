"""One metering point in a notebook: what it is, and a table of its months; needs nothing from anywhere."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

from campaigns.reports import site_text

if TYPE_CHECKING:
    from campaigns.reports.site import Site

_BAR = "display:inline-block;height:.8em;background:#0072B2"
_NUMBER = "text-align:right;padding:0 .6em"
_WIDE = 12  # em, of the longest bar


def page(site: Site) -> str:
    """A piece of HTML."""
    head = "<br>".join(f"<b>{name}</b> {html.escape(told)}" for name, told in site_text.head(site))
    return f"<p>{head}</p><table>{''.join(_rows(site))}</table>"


def _rows(site: Site) -> Iterator[str]:
    heads, rows = site_text.table(site)
    yield f"<tr>{''.join(_cell('th', name) for name in heads)}<th></th></tr>"
    highest = site.highest_month
    for row, kwh in zip(rows, site.year["kwh"], strict=True):
        cells = "".join(_cell("td", cell) for cell in row)
        bar = f'<span style="{_BAR};width:{max(kwh or 0, 0) / highest * _WIDE:.2f}em"></span>'
        yield f'<tr>{cells}<td style="text-align:left">{bar}</td></tr>'


def _cell(tag: str, text: str) -> str:
    return f'<{tag} style="{_NUMBER}">{html.escape(text)}</{tag}>'
