"""A message shows nothing, and leaves nobody out by anything, that its purpose may not use."""

from __future__ import annotations

from pathlib import Path

from campaigns.mailings.parts import Parts
from support import mailing_world as world

LOW_USE = """
    title: People who use little
    purpose: energy_offers
    audience: customers
    channels: [email]
    who:
      - {metric: kwh_year, over: last full year, at_most: 5 MWh}
"""
NEWS = """
    title: Newsletter
    segments: [readers]
    template: newsletter
    except_segments: [low_use]
"""


def written(root: Path, **mailings: str) -> Parts:
    world.write_files(root, segments={"low_use": LOW_USE}, mailings=mailings)
    return world.parts_of(root)


def test_a_template_may_not_print_what_the_purpose_may_not_use(tmp_path: Path) -> None:
    parts = written(tmp_path)
    newsletter = tmp_path / "templates" / "newsletter"
    message = newsletter / "message.yml"
    message.write_text(
        message.read_text(encoding="utf-8").replace(
            "variables:\n", "variables:\n  metric.kwh_year: kwh?\n", 1
        ),
        encoding="utf-8",
    )
    for page in newsletter.glob("??.html"):
        shown = "{% if metric.kwh_year %}<p>{{ metric.kwh_year|kwh }}</p>{% endif %}"
        page.write_text(page.read_text(encoding="utf-8") + shown, encoding="utf-8")
    found = [mistake for mistake in parts.mailings.check() if mistake.code == "MAI019"]
    assert [(mistake.file, mistake.message) for mistake in found] == [
        (
            "mailings/news.yml",
            "the template prints `metric.kwh_year`, which is consumption data: newsletter may not use it.",
        )
    ]


def test_nobody_is_left_out_by_what_the_purpose_may_not_use(tmp_path: Path) -> None:
    found = written(tmp_path, news=NEWS).mailings.check()
    assert [mistake.code for mistake in found] == ["MAI019"]
    assert found[0].message == "`low_use` uses `kwh_year`, which is consumption data: newsletter may not."


def test_the_usual_mailings_touch_only_what_is_theirs(tmp_path: Path) -> None:
    assert written(tmp_path).mailings.check() == []
