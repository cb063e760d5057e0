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
