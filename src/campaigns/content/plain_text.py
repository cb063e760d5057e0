"""The plain text of a message, derived from its HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import etree, html  # type: ignore[import-untyped]  # no stubs

from campaigns.content.protection import Construct, restore

_GAPS = re.compile(r"\n{3,}")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_TABLE_TAGS = ("table", "tbody", "thead", "tfoot", "tr", "td", "th")


def derive(markup: str, found: Sequence[Construct]) -> str:
    """The text of an HTML message: a line a row of tables, links written out."""
    tree = html.document_fromstring(markup)
    _show_comments(tree)
    _drop_hidden(tree)
    _flatten_tables(tree)
    _flatten_lists(tree)
    _write_links(tree, found)
    text = Inscriptis(tree, ParserConfig(css=CSS_PROFILES["strict"])).get_text()
    lines = (line.rstrip() for line in text.split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip("\n")


def _show_comments(tree: html.HtmlElement) -> None:
    """A comment stands for a condition of Jinja and must keep its place; other comments go."""
    for comment in list(tree.iter(etree.Comment)):
        word = comment.text if comment.text.startswith("JINJA") else ""
        _add_before(comment, word + (comment.tail or ""))
        comment.getparent().remove(comment)


def _add_before(element: html.HtmlElement, text: str) -> None:
    """Text in the place just before an element."""
    previous, parent = element.getprevious(), element.getparent()
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _drop_hidden(tree: html.HtmlElement) -> None:
    for element in list(tree.iter(etree.Element)):
        if _HIDDEN.search(element.get("style", "")) and element.getparent() is not None:
            element.drop_tree()
        else:
            element.attrib.pop("style", None)


def _flatten_tables(tree: html.HtmlElement) -> None:
    """Layout tables become blocks. Rows of others become lines, as nobody knows yet how wide a value is."""
    parts = [(part, _table_of(part)) for part in tree.iter(*_TABLE_TAGS)]
    for row in [part for part, table in parts if part.tag == "tr" and _is_data(table)]:
        cells = row.findall("td") + row.findall("th")
        for cell in cells[:-1]:
            cell.tail = ": " if len(cells) == 2 else ", "
    for part, table in parts:
        if part is table:
            part.tag = "p" if _is_data(table) else "div"
        else:
            part.tag = "span" if part.tag in ("td", "th") and _is_data(table) else "div"


def _flatten_lists(tree: html.HtmlElement) -> None:
    """A line an item, an empty line round the list."""
    for listing in list(tree.iter("ul", "ol")):
        for number, item in enumerate(listing.findall("li"), start=1):
            item.text = (f"{number}. " if listing.tag == "ol" else "* ") + (item.text or "")
            item.tag = "div"
        items = etree.Element("div")  # the margins of a paragraph fall outside a block inside it
        items.text, listing.text = listing.text, None
        items.extend(list(listing))
        listing.append(items)
        listing.tag = "p"


def _table_of(part: html.HtmlElement) -> html.HtmlElement:
    return part if part.tag == "table" else next(part.iterancestors("table"), part)


def _is_data(table: html.HtmlElement) -> bool:
    return bool(table.get("role") != "presentation")


def _write_links(tree: html.HtmlElement, found: Sequence[Construct]) -> None:
    for link in tree.iter("a"):
        target, words = link.get("href", ""), link.text_content().strip()
        said = restore(words, found, lossless=False)
        if words and restore(target, found, lossless=False) not in (said, f"mailto:{said}"):
            link.tail = f" <{target}>{link.tail or ''}"
    for image in tree.iter("img"):
        image.tail = f"{image.get('alt', '')}{image.tail or ''}"
