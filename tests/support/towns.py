"""Drawn towns as the files that source systems send, brought in by the program's own import.

Two dozen people of two companies; B's files use the same customer numbers and addresses as A's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from campaigns.workspace import importing
from campaigns.workspace.project import Workspace
from support.offices import metering_points

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OURS, THEIRS = "lahti_energia", "sahkoverkko"
PREFIX = {OURS: "", THEIRS: "sv_"}
HEADERS = {
    "asiakkaat": "asiakasnro;laji;kieli;syntymävuosi;etunimi;sukunimi;sähköposti;puhelin;katuosoite;"
    "postinumero;postitoimipaikka;asiakkaana_alkaen;asiakkaana_saakka;suhde;kuollut;lisätiedot",
    "kayttopaikat": "käyttöpaikkanro;gsrn;energialaji;katuosoite;postinumero;rakennustyyppi;rakennusvuosi;"
    "lämmitys;pääsulake",
    "sopimukset": "sopimusnro;asiakasnro;gsrn;tuote;sopimustyyppi;alkupvm;loppupvm;vuosikulutusarvio",
    "luvat": "tapahtumanro;asiakasnro;laji;kanava;tarkoitus;aika;kirjattu;tapa;teksti;kieli;todiste",
}
Rows = list[dict[str, str]]
Files = dict[str, Rows]
POINTS = metering_points(40)


@dataclass(frozen=True)
class Town:
    """The rows of each file, of each company."""

    files: Mapping[str, Files]

    def __repr__(self) -> str:
        return f"<a town of {len(self.files[OURS]['asiakkaat'])}>"

    def write(self, folder: Path, controllers: Iterable[str] = (OURS, THEIRS)) -> list[Path]:
        """The files of these companies, as they were received yesterday."""
        folder.mkdir(parents=True, exist_ok=True)
        yesterday = (NOW - timedelta(days=1)).timestamp()
        written = []
        for controller in controllers:
            for name, rows in self.files[controller].items():
                header = HEADERS[name].split(";")
                lines = [";".join(header), *(";".join(row.get(key, "") for key in header) for row in rows)]
                path = folder / f"{PREFIX[controller]}{name}_2026.csv"
                path.write_text("\n".join(lines) + "\n", encoding="utf-8")
                os.utime(path, (yesterday, yesterday))
                written.append(path)
        return written


def workspace(root: Path, files: Mapping[str, str] | None = None) -> Workspace:
    """A project folder like the repository's, with these files besides, at NOW."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "campaigns.yml", root / "campaigns.yml")
    (root / "campaigns.yml").chmod(0o600)  # others may not change it, however the checkout was made
    for name in ("templates", "docs/notices"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, root / name, dirs_exist_ok=True)
    for name in ("segments", "mailings"):
        (root / name).mkdir(exist_ok=True)
    for name, text in (files or {}).items():
        (root / name).write_text(text, encoding="utf-8")
    return Workspace.open(root, clock=lambda: NOW)


def bring_in(workspace_: Workspace, paths: Sequence[Path]) -> importing.ImportResult:
    """Import files; none may be refused as a whole."""
    done = importing.run(workspace_, paths)
    assert not done.refused, done.refused
    return done


days = st.integers(1, 900)


def _day(ago: int) -> str:
    return (NOW - timedelta(days=ago)).date().isoformat()


def _moment(ago: float) -> str:
    return (NOW - timedelta(days=ago)).strftime("%Y-%m-%d %H:%M")


def _customer(draw: st.DrawFn, number: int, prefix: str, shared: bool) -> dict[str, str]:
    kind = draw(
        st.sampled_from(
            ("kuluttaja",) * 8 + ("alaikäinen", "toiminimi", "yrityksen yhteyshenkilö", "kuolinpesä")
        )
    )
    over = draw(st.sampled_from(("", "", "", "2026-03-01")))
    letter = prefix[:1] or "a"
    common = "family@talo.example" if shared else "own"
    mailbox = draw(st.sampled_from(("own",) * 6 + (common, "")))
    phone = f"04012{number:05d}" if shared else f"0401{ord(letter)}{number:03d}"
    return {
        "asiakasnro": f"c-{number}",
        "laji": kind,
        "kieli": draw(st.sampled_from(("fi", "sv", "en"))),
        "syntymävuosi": "2011" if kind == "alaikäinen" else draw(st.sampled_from(("1950", "1985", ""))),
        "etunimi": f"{letter.upper()}etu{number:03d}",
        "sukunimi": f"Suku{number:03d}",
        "sähköposti": f"{letter}{number:03d}@talo.example" if mailbox == "own" else mailbox,
        "puhelin": draw(st.sampled_from((phone, phone, ""))),
        "katuosoite": f"Katu {draw(st.integers(1, 9))}",
        "postinumero": "15140",
        "postitoimipaikka": "LAHTI",
        "asiakkaana_alkaen": "2022-05-01",
        "asiakkaana_saakka": over,
        "kuollut": draw(st.sampled_from(("ei",) * 12 + ("kyllä",))),
    }


HOUSES = ("omakotitalo", "kerrostalo", "")
HEATINGS = ("öljy", "suora sähkö", "kaukolämpö", "")


def _site(draw: st.DrawFn, number: int) -> dict[str, str]:
    return {
        "käyttöpaikkanro": f"s-{number}",
        "gsrn": POINTS[number],
        "energialaji": "sähkö",
        "katuosoite": f"Katu {number}",
        "postinumero": "15140",
        "rakennustyyppi": draw(st.sampled_from(HOUSES)),
        "rakennusvuosi": draw(st.sampled_from(("1960", "2005", ""))),
        "lämmitys": draw(st.sampled_from(HEATINGS)),
        "pääsulake": draw(st.sampled_from(("25", "35", ""))),
    }


def _contract(draw: st.DrawFn, number: int, people: int, sites: int) -> dict[str, str]:
    return {
        "sopimusnro": f"k-{number}",
        "asiakasnro": f"c-{draw(st.integers(1, people))}",
        "gsrn": POINTS[draw(st.integers(1, sites))],
        "tuote": "Kiinteä 24",
        "sopimustyyppi": draw(st.sampled_from(("määräaikainen", "pörssi"))),
        "alkupvm": _day(draw(days)),
        "loppupvm": draw(st.sampled_from(("", "", "2027-03-01"))),
        "vuosikulutusarvio": draw(st.sampled_from(("3000", "12000", ""))),
    }


SAID = (
    ("ban_all", "", ""), ("ban_channel", "email", ""), ("ban_channel", "letter", ""),
    ("withdrawn", "email", "newsletter"), ("withdrawn", "", ""), ("profiling_objection", "", ""),
    ("research_objection", "", ""), ("restricted_all", "", ""), ("restricted_marketing", "", ""),
    ("objection_pending", "", ""), ("complaint", "email", ""), ("restriction_lifted", "", ""),
    ("granted", "email", "newsletter"), ("granted", "email", "direct_marketing"),
)  # fmt: skip


def _permission(draw: st.DrawFn, number: int, people: int) -> dict[str, str]:
    kind, channel, purpose = draw(st.sampled_from(SAID))
    return _event(
        number, draw(st.integers(1, people)), (kind, channel, purpose), draw(days), draw(st.booleans())
    )


def _event(number: int, person: int, word: tuple[str, str, str], ago: float, proven: bool) -> dict[str, str]:
    kind, channel, purpose = word
    proof = (
        {"tapa": "paper", "teksti": "2025-01", "kieli": "fi", "todiste": f"scan {number}"} if proven else {}
    )
    return {
        "tapahtumanro": f"e-{number}",
        "asiakasnro": f"c-{person}",
        "laji": kind,
        "kanava": channel,
        "tarkoitus": purpose,
        "aika": _moment(ago),
        "kirjattu": _moment(ago),
        **proof,
    }


@st.composite
def towns(draw: st.DrawFn, people: int = 14, shared: bool = True) -> Town:
    """Everybody's files. Most of A's people have consented to the newsletter and to offers by e-mail.

    `shared`: some have one mailbox together, and people of both companies the same telephone number.
    """
    files: dict[str, Files] = {}
    for controller in (OURS, THEIRS):
        sites = draw(st.integers(3, 10))
        events: Rows = []
        for person in range(1, people + 1):
            for purpose in ("newsletter", "direct_marketing"):
                if draw(st.integers(0, 3)):
                    word = ("granted", "email", purpose)
                    events.append(_event(len(events), person, word, 400, draw(st.integers(0, 6)) > 0))
        events += [_permission(draw, 1000 + number, people) for number in range(draw(st.integers(0, people)))]
        files[controller] = {
            "asiakkaat": [
                _customer(draw, number, PREFIX[controller], shared) for number in range(1, people + 1)
            ],
            "kayttopaikat": [_site(draw, number) for number in range(1, sites + 1)],
            "sopimukset": [
                _contract(draw, number, people, sites) for number in range(1, draw(st.integers(4, 16)))
            ],
            "luvat": events,
        }
    return Town(files)


def mailing(segment: str, **more: Any) -> str:
    """A mailing of the newsletter's template to one segment."""
    lines = ["title: drawn", f"segments: [{segment}]", "template: newsletter"]
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in more.items())]) + "\n"
