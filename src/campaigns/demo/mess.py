"""Everyday mess in the customer extract: what clerks, forms and exports do to good data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, share, some

# Codes of test persons that the Digital and Population Data Services Agency publishes (domain.md 4.4).
IDENTITY_CODES = ("010594Y9032", "030594W903B", "010516B903X", "020502e902x", "050594U 903M")
_NOTES = (
    "Soitettu, toivoo paperilaskun",
    "Avain naapurilla; mittari kellarissa",
    "Pyytää yhteydenottoa vasta iltapäivällä",
    "Vill ha information på svenska",
    "Laskutusosoite eri, katso liite",
    "Tarkistettu 12.3. \"ok\"",
)  # fmt: skip
_WITH_CODE = ("Henkilötunnus {} (puhelimessa)", "hetu {}", "Asiakas ilmoitti {} sopimusta varten")
BROKEN = (
    "199001;kuluttaja;fi;1970;Katkennut",
    "199002;kuluttaja;fi;1971;Liian;Pitkä;pitka@example.com;048 3999 9999;Koivukatu 1;15140;LAHTI;2020-01-01"
    ";;;ei;ei;ei;ei;;;;;;yksi;kaksi",
    '199003;kuluttaja;fi;1972;"Lainausmerkki;Auki;;048 3999 9998;Koivukatu 2;15140;LAHTI;2020-01-01'
    ";;;ei;ei;ei;ei;;;;;",
)


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """The extract as it is sent, and how many rows have what."""

    frame: pl.DataFrame
    counts: Mapping[str, int]


def spoil(dice: Dice, rows: pl.DataFrame) -> Spoilt:
    """Notes, codes typed into them, bad addresses and postal codes, shouting, spaces, and rows sent twice."""
    rng = dice.of("mess")
    count = rows.height
    codes = share(count, 0.0015, least=3)
    bad_mail, bad_post, bad_phone = (share(count, 0.002, least=2) for _ in range(3))
    order = rng.permutation(count)
    cuts = np.cumsum([codes, bad_mail, bad_post, bad_phone])
    with_code, mail, post, phone = np.split(order[: cuts[-1]], cuts[:-1])
    rows = _notes(rng, rows, with_code)
    rows = _put(
        rows, "sähköposti", mail, ("ei ole", "etunimi.sukunimi@", "kysy@@example.com", "www.example.com")
    )
    rows = _put(rows, "postinumero", post, ("1514", "15A40", "015140"))
    rows = _put(rows, "puhelin", phone, ("ei puhelinta", "12345", "040 123"))
    shouting = pl.Series(rng.random(count) < 0.02)
    padded = pl.Series(rng.random(count) < 0.02)
    rows = rows.with_columns(
        sähköposti=pl.when(shouting).then(pl.col("sähköposti").str.to_uppercase()).otherwise("sähköposti"),
        sukunimi=pl.when(padded).then(pl.format(" {}  ", "sukunimi")).otherwise("sukunimi"),
    )
    twice = some(rng, count, share(count, 0.01, least=2))
    frame = _sent_twice(rows, twice)
    return Spoilt(
        frame=frame,
        counts={
            "rows sent twice": len(twice),
            "broken rows": len(BROKEN),
            "identity codes in notes": len(with_code),
            "bad e-mail addresses": len(mail),
            "bad postal codes": len(post),
            "bad phone numbers": len(phone),
            "e-mail missing": int(rows["sähköposti"].is_null().sum()),
            "phone missing": int(rows["puhelin"].is_null().sum()),
        },
    )


def _notes(rng: np.random.Generator, rows: pl.DataFrame, with_code: np.ndarray) -> pl.DataFrame:
    notes = pl.Series(_NOTES, dtype=pl.String).gather(rng.integers(0, len(_NOTES), rows.height))
    notes = notes.set(pl.Series(rng.random(rows.height) >= 0.08), None)
    told = [
        _WITH_CODE[n % len(_WITH_CODE)].format(IDENTITY_CODES[n % len(IDENTITY_CODES)])
        for n in range(len(with_code))
    ]
    return rows.with_columns(lisätiedot=notes.scatter(with_code, told))


def _put(rows: pl.DataFrame, column: str, at: np.ndarray, values: tuple[str, ...]) -> pl.DataFrame:
    written = [values[n % len(values)] for n in range(len(at))]
    return rows.with_columns(rows[column].scatter(at, written))


def _sent_twice(rows: pl.DataFrame, which: np.ndarray) -> pl.DataFrame:
    """The extract in order, with some rows again right below themselves or at the end."""
    below, at_end = which[::2], which[1::2]
    index = np.sort(np.concatenate([np.arange(rows.height), below]), kind="stable")
    return rows[np.concatenate([index, at_end])]
