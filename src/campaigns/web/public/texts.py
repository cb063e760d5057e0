"""The words of the public pages, in the three languages of the register."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("fi", "sv", "en")

TEXTS: Mapping[str, Mapping[str, str]] = {
    "fi": {
        "language": "Suomi",
        "title": "Viestien lopettaminen",
        "question": "Haluatko lopettaa nämä viestit?",
        "this": "Lopeta: {purpose} ({channel})",
        "this_note": "Et enää saa tämän aiheen viestejä tällä tavalla.",
        "all": "Kiellä kaikki suoramarkkinointi",
        "all_note": "Kielto koskee kaikkia tapoja: sähköpostia, tekstiviestejä, puheluja ja kirjeitä.",
        "service": "Sopimusta ja häiriöitä koskevat ilmoitukset tulevat edelleen.",
        "done_title": "Valmis",
        "done_this": "Kieltosi on tallennettu ja voimassa heti: {purpose} ({channel}).",
        "done_all": "Kieltosi on tallennettu ja voimassa heti: kaikki suoramarkkinointi.",
        "nothing_more": "Emme lähetä tästä vahvistusviestiä.",
        "unknown_title": "Linkki ei toimi",
        "unknown": "Linkki on puutteellinen tai se ei ole meidän. Kokeile viestin alkuperäistä linkkiä.",
        "busy_title": "Yritä hetken kuluttua uudelleen",
        "busy": "Pyyntöäsi ei voitu juuri nyt tallentaa. Mitään ei muutettu.",
        "test_title": "Testiviesti",
        "test": "Tämä linkki on testiviestistä: se ei tee mitään.",
        "controller": "Rekisterinpitäjä",
        "privacy": "Tietosuojaseloste",
        "ombudsman": "Voit myös tehdä valituksen tietosuojavaltuutetulle: tietosuoja.fi",
        "email": "sähköposti",
        "sms": "tekstiviesti",
        "letter": "kirje",
        "phone": "puhelu",
        "portal": "asiointipalvelu",
    },
    "sv": {
        "language": "Svenska",
        "title": "Avsluta meddelanden",
        "question": "Vill du avsluta dessa meddelanden?",
        "this": "Avsluta: {purpose} ({channel})",
        "this_note": "Du får inte längre meddelanden om detta ämne på detta sätt.",
        "all": "Förbjud all direktmarknadsföring",
        "all_note": "Förbudet gäller alla sätt: e-post, textmeddelanden, samtal och brev.",
        "service": "Meddelanden om ditt avtal och om avbrott kommer fortfarande.",
        "done_title": "Klart",
        "done_this": "Ditt förbud har sparats och gäller genast: {purpose} ({channel}).",
        "done_all": "Ditt förbud har sparats och gäller genast: all direktmarknadsföring.",
        "nothing_more": "Vi skickar ingen bekräftelse om detta.",
        "unknown_title": "Länken fungerar inte",
        "unknown": "Länken är ofullständig eller inte vår. Försök med den ursprungliga länken i meddelandet.",
        "busy_title": "Försök igen om en stund",
        "busy": "Din begäran kunde inte sparas just nu. Ingenting har ändrats.",
        "test_title": "Testmeddelande",
        "test": "Den här länken är från ett testmeddelande: den gör ingenting.",
        "controller": "Personuppgiftsansvarig",
        "privacy": "Dataskyddsbeskrivning",
        "ombudsman": "Du kan också klaga hos dataombudsmannen: tietosuoja.fi",
        "email": "e-post",
        "sms": "textmeddelande",
        "letter": "brev",
        "phone": "samtal",
        "portal": "kundportal",
    },
    "en": {
        "language": "English",
        "title": "Stop messages",
        "question": "Do you want to stop these messages?",
        "this": "Stop: {purpose} ({channel})",
        "this_note": "You will no longer get messages on this subject in this way.",
        "all": "Ban all direct marketing",
        "all_note": "The ban holds for every way: e-mail, text messages, calls and letters.",
        "service": "Notices about your contract and about outages still come.",
        "done_title": "Done",
        "done_this": "Your ban is recorded and holds from now on: {purpose} ({channel}).",
        "done_all": "Your ban is recorded and holds from now on: all direct marketing.",
        "nothing_more": "We send no message to confirm this.",
        "unknown_title": "This link does not work",
        "unknown": "The link is incomplete or not ours. Please try the original link in the message.",
        "busy_title": "Please try again in a moment",
        "busy": "Your request could not be recorded just now. Nothing was changed.",
        "test_title": "Test message",
        "test": "This link is from a test message: it does nothing.",
        "controller": "Controller",
        "privacy": "Privacy notice",
        "ombudsman": "You may also complain to the data protection ombudsman: tietosuoja.fi",
        "email": "e-mail",
        "sms": "text message",
        "letter": "letter",
        "phone": "call",
        "portal": "customer portal",
    },
}


# What a token's permission purpose is called on the page.
PURPOSES: Mapping[str, Mapping[str, str]] = {
    "direct_marketing": {
        "fi": "tarjoukset ja markkinointi",
        "sv": "erbjudanden och marknadsföring",
        "en": "offers and marketing",
    },
    "newsletter": {"fi": "uutiskirje", "sv": "nyhetsbrev", "en": "newsletter"},
    "satisfaction_survey": {"fi": "tyytyväisyyskyselyt", "sv": "kundenkäter", "en": "satisfaction surveys"},
    "market_research": {"fi": "markkinatutkimukset", "sv": "marknadsundersökningar", "en": "market research"},
}


def purpose_name(purpose: str, language: str) -> str:
    """The page's words for a permission purpose; those of marketing for one without words of its own."""
    return PURPOSES.get(purpose, PURPOSES["direct_marketing"])[language]


def choose_language(asked: str | None, accepted: str | None) -> str:
    """The language asked for in the address, else the browser's first that we speak, else Finnish."""
    if asked in LANGUAGES:
        return str(asked)
    for part in (accepted or "").split(",")[:10]:
        language = part.split(";")[0].strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return "fi"
