"""Postal areas around Lahti and elsewhere, and what kind of houses stand there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Area:
    """A postal area: how many people of a thousand live in it, and how many of its homes are flats."""

    postal_code: str
    city: str
    weight: float
    flats: float
    network: bool = True  # inside the network company's area


AREAS = (
    Area("15100", "LAHTI", 60, 0.93),
    Area("15110", "LAHTI", 70, 0.95),
    Area("15140", "LAHTI", 80, 0.88),
    Area("15150", "LAHTI", 45, 0.80),
    Area("15160", "LAHTI", 35, 0.55),
    Area("15170", "LAHTI", 60, 0.72),
    Area("15200", "LAHTI", 40, 0.66),
    Area("15210", "LAHTI", 65, 0.60),
    Area("15230", "LAHTI", 40, 0.45),
    Area("15240", "LAHTI", 45, 0.55),
    Area("15300", "LAHTI", 40, 0.35),
    Area("15320", "LAHTI", 25, 0.20),
    Area("15500", "LAHTI", 45, 0.50),
    Area("15520", "LAHTI", 30, 0.30),
    Area("15540", "LAHTI", 25, 0.25),
    Area("15560", "NASTOLA", 40, 0.25),
    Area("15610", "LAHTI", 55, 0.55),
    Area("15680", "LAHTI", 15, 0.10),
    Area("15700", "LAHTI", 35, 0.50),
    Area("15800", "LAHTI", 30, 0.45),
    Area("15860", "HOLLOLA", 20, 0.10),
    Area("15870", "HOLLOLA", 45, 0.20),
    Area("15880", "HOLLOLA", 20, 0.08),
    Area("15980", "MESSILÄ", 8, 0.05),
    Area("16300", "ORIMATTILA", 20, 0.25, network=False),
    Area("17200", "VÄÄKSY", 15, 0.20, network=False),
    Area("18100", "HEINOLA", 17, 0.45, network=False),
)
COTTAGE_AREAS = (
    Area("17200", "VÄÄKSY", 40, 0, network=False),
    Area("17800", "KUHMOINEN", 20, 0, network=False),
    Area("18300", "HEINOLA", 20, 0, network=False),
    Area("19600", "HARTOLA", 20, 0, network=False),
)
ELSEWHERE = (
    Area("00100", "HELSINKI", 20, 1),
    Area("00530", "HELSINKI", 20, 1),
    Area("20100", "TURKU", 10, 1),
    Area("22100", "MARIEHAMN", 2, 1),
    Area("33100", "TAMPERE", 15, 1),
    Area("40100", "JYVÄSKYLÄ", 10, 1),
    Area("65100", "VAASA", 5, 1),
    Area("90100", "OULU", 8, 1),
)
STREETS = (
    "Asemakatu", "Harjukatu", "Hämeenkatu", "Järvikatu", "Kalliotie", "Kauppakatu", "Kirkkokatu",
    "Koivukatu", "Koulukatu", "Kuusitie", "Kärpänpolku", "Lähdetie", "Metsätie", "Myllykatu", "Mäntytie",
    "Niittytie", "Notkotie", "Ojapolku", "Peltotie", "Pihlajatie", "Puistokatu", "Päijänteentie", "Rantatie",
    "Rauhankatu", "Satamakatu", "Vanhatie", "Vuorikatu", "Åbonkuja",
)  # fmt: skip

# About where they are, in degrees north and east: near enough for distances between areas.
CENTRES = {
    "15100": (60.9827, 25.6615), "15110": (60.9838, 25.6562), "15140": (60.9972, 25.6660),
    "15150": (60.9905, 25.6480), "15160": (61.0010, 25.6350), "15170": (60.9920, 25.6900),
    "15200": (60.9790, 25.6890), "15210": (60.9800, 25.7000), "15230": (60.9930, 25.7080),
    "15240": (61.0070, 25.6850), "15300": (60.9710, 25.7040), "15320": (60.9550, 25.7300),
    "15500": (60.9580, 25.6650), "15520": (60.9420, 25.6740), "15540": (60.9510, 25.8200),
    "15560": (60.9480, 25.9300), "15610": (60.9510, 25.6480), "15680": (60.9140, 25.6560),
    "15700": (60.9640, 25.6160), "15800": (60.9790, 25.6230), "15860": (60.9880, 25.5130),
    "15870": (60.9580, 25.5660), "15880": (60.9400, 25.4800), "15980": (61.0140, 25.5570),
    "16300": (60.8040, 25.7310), "17200": (61.1730, 25.5480), "17800": (61.5640, 25.1830),
    "18100": (61.2030, 26.0320), "18300": (61.2400, 26.1200), "19600": (61.5800, 26.0190),
    "00100": (60.1710, 24.9310), "00530": (60.1840, 24.9490), "20100": (60.4518, 22.2666),
    "22100": (60.0973, 19.9348), "33100": (61.4978, 23.7610), "40100": (62.2426, 25.7473),
    "65100": (63.0960, 21.6158), "90100": (65.0126, 25.4682),
}  # fmt: skip


def as_csv() -> str:
    """The town's `places.csv`: `postal_code,name,latitude,longitude`, one line a postal area."""
    names = {area.postal_code: area.city.capitalize() for area in (*AREAS, *COTTAGE_AREAS, *ELSEWHERE)}
    lines = [
        f"{code},{names[code]},{latitude},{longitude}"
        for code, (latitude, longitude) in sorted(CENTRES.items())
    ]
    return "\n".join(["postal_code,name,latitude,longitude", *lines]) + "\n"
