"""A whole small workspace: both registers, delivered files in its inbox, mails that were sent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from campaigns.workspace import importing
from campaigns.workspace.project import Workspace
from support.offices import metering_points

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 24, 10, tzinfo=UTC)
OURS, THEIRS = "lahti_energia", "sahkoverkko"
HEADER = (
    "asiakasnro;laji;kieli;syntymävuosi;etunimi;sukunimi;sähköposti;puhelin;katuosoite;postinumero;"
    "postitoimipaikka;asiakkaana_alkaen;asiakkaana_saakka;suhde;kuollut;turvakielto;saatu_myynnistä;"
    "kielto_tarjottu;lisätiedot;yritys;rooli;tehtävät;rooli_alkaen"
)
POINT = metering_points(1)[0]
# Customer 100001 has a spouse (2) and a son of the same name (3), and is in both registers; nobody shares
# anything with 4 and 5, and 5 is in many places.
ZORRO = {
    "asiakasnro": "100001",
    "kieli": "fi",
    "syntymävuosi": "1950",
    "etunimi": "Zäcke",
    "sukunimi": "Ärjänen",
    "sähköposti": "zacke.arjanen@posti.example",
    "puhelin": "040 765 4321",
    "katuosoite": "Salakatu 1 A 2",
    "postinumero": "15140",
    "postitoimipaikka": "LAHTI",
    "asiakkaana_alkaen": "2020-01-01",
    "saatu_myynnistä": "kyllä",
    "kielto_tarjottu": "kyllä",
}
SPOUSE = {
    **ZORRO,
    "asiakasnro": "100002",
    "etunimi": "Maija",
    "syntymävuosi": "1951",
    "puhelin": "0501234567",
}
SPOUSE |= {"sähköposti": "maija@posti.example"}
SON = {
    **ZORRO,
    "asiakasnro": "100003",
    "syntymävuosi": "1980",
    "puhelin": "",
    "sähköposti": "son@posti.example",
}
STRANGER = {
    **SPOUSE,
    "asiakasnro": "100004",
    "etunimi": "Aino",
    "sukunimi": "Mattila",
    "katuosoite": "Muukatu 5",
}
STRANGER |= {"sähköposti": "aino@posti.example", "puhelin": "0447654322"}
ALONE = {**STRANGER, "asiakasnro": "100005", "etunimi": "Örjan", "sukunimi": "Zetterlöf-Quist"}
ALONE |= {"sähköposti": "Orjan.Zq@posti.example", "puhelin": "(0)45 111 2233", "katuosoite": "Yksintie 9"}
# Whatever of customer 100005 could be searched for; all of it is nobody else's.
SECRETS = (
    *("Zetterlöf-Quist", "orjan.zq@posti.example", "Yksintie 9"),
    *("45 111 2233", "451112233", "45-111 2233", "45-1112233"),
)


class Bureau:
    """One workspace at one time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = NOON
        self.inbox = root / "data" / "inbox"
        self.workspace = Workspace.open(root, clock=lambda: self.now)

    def people(self, name: str, *rows: Mapping[str, str], hours: float = 0) -> Path:
        """A file of customers, as the customer system writes them."""
        columns = HEADER.split(";")
        lines = [HEADER, *(";".join(row.get(column, "") for column in columns) for row in rows)]
        return self.write(name, "\n".join(lines) + "\n", hours=hours)

    def write(self, name: str, text: str, *, hours: float = 0) -> Path:
        path = self.inbox / name
        path.write_text(text, encoding="utf-8")
        moment = (self.now + timedelta(hours=hours)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def load(self, *paths: Path) -> importing.ImportResult:
        result = importing.run(self.workspace, paths or [self.inbox])
        assert not result.refused, result.refused
        return result

    def frame(self, table: str) -> pl.DataFrame:
        with self.workspace.lake.snapshot() as snapshot:
            return snapshot.frame(table)

    def number(self, customer: str, controller: str = OURS) -> int:
        """The person's id."""
        keys = self.frame("person_keys").filter(controller=controller, source_id=customer)
        return int(keys["person_id"].item())

    def row(self, customer: str, controller: str = OURS) -> dict[str, object]:
        persons = self.frame("persons").filter(controller=controller)
        return persons.filter(person_id=self.number(customer, controller)).row(0, named=True)

    def register(self, controller: str) -> dict[str, Sequence[tuple[object, ...]]]:
        """Every row of one register, in the order of its tables."""
        with self.workspace.lake.snapshot() as snapshot:
            return {
                name: frame.filter(controller=controller).rows()
                for name in snapshot.versions
                if "controller" in (frame := snapshot.frame(name)).columns
            }


def settled(root: Path) -> Bureau:
    """The five customers, with permissions, events, contracts and rows that could not be read."""
    shutil.copy(ROOT / "campaigns.yml", root)
    for name in ("segments", "templates", "mailings", "docs/notices"):
        shutil.copytree(ROOT / name, root / name)
    bureau = Bureau(root)
    bureau.inbox.mkdir(parents=True, mode=0o700)
    bureau.people("asiakkaat_20261120.csv", ZORRO, SPOUSE, SON, STRANGER, ALONE, hours=-96)
    network = [{**row, "asiakasnro": f"7{row['asiakasnro'][1:]}"} for row in (SPOUSE, SON)]
    bureau.people("sv_asiakkaat_20261120.csv", {**ZORRO, "asiakasnro": "700001"}, *network, hours=-96)
    said = "2026-01-01T10:00:00Z"
    bureau.write(
        "luvat_20261120.csv",
        "tapahtumanro;asiakasnro;laji;kanava;tarkoitus;aika;tapa;todiste\n"
        f"L1;100001;granted;email;newsletter;{said};form;form 1\n"
        f"L2;100002;granted;email;newsletter;{said};form;form 2\n"
        f"L3;100003;granted;email;newsletter;{said};form;form 3\n"
        f"L5;100005;granted;email;newsletter;{said};form;mail of orjan.zq@posti.example\n",
        hours=-95,
    )
    bureau.write(
        "sopimukset_20261120.csv",
        "sopimusnro;asiakasnro;yritysnro;gsrn;tuote;sopimustyyppi;alkupvm;loppupvm;vuosikulutusarvio\n"
        f"S1;100005;;{POINT};Lahti Vakaa;toistaiseksi;2023-11-08;;1900\n",
        hours=-95,
    )
    bureau.write(
        "kayttopaikat_20261120.csv",
        "käyttöpaikkanro;gsrn;energialaji;katuosoite;postinumero;rakennustyyppi\n"
        f"K1;{POINT};sähkö;Muu katu 3;15140;kerrostalo\n",
        hours=-95,
    )
    at = "2026-11-01T10:00:00Z"
    bureau.write(
        "web_events_20261120.csv",
        "event_id,customer,event,time,page\n"
        f"w1,100005,page_visited,{at},offers\n"
        f"w2,100002,page_visited,{at},offers\n"
        "w3,100005,page_visited,not a time,offers\n"
        f"w4,999999,page_visited,{at},Örjan ZETTERLÖF-QUIST called\n"
        f"w5,,page_visited,{at},ask Orjan.ZQ@posti.example\n"
        f"w6,999998,page_visited,{at},ring 045-1112233\n"
        f"w7,999997,page_visited,{at},Zäcke Ärjänen called\n"
        f"w8,100002,page_visited,not a time,for +358 45 1112233 please\n",
        hours=-94,
    )
    bureau.load()
    return bureau
