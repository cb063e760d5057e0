"""Columns that are let in nowhere: what was said or written, recordings, passwords, traces of devices.

The notice says that we have them; it does not say that anybody is chosen or written to by them. A column is
known by the words of its name, in Finnish, Swedish and English, whatever they are joined with.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

# What was said or written, and where it is kept.
CONTENT = frozenset(
    """
    attachment audio body chatlog comment comments content conversation description dialogue freetext memo
    message messages note notes recording recordings remark remarks speech subject summary text transcript
    transcription transcripts utterance video voicemail wav mp3
    ääni ääninauha keskustelu keskustelut keskusteluloki kommentti kommentit kuvaus liite lisätiedot lisätieto
    litterointi litteroitu muistiinpano muistiinpanot nauhoite nauhoitus puhelutallenne selostus sisältö
    tallenne tallenteet teksti tiivistelmä vapaateksti viesti viestin viestit yhteenveto
    anteckning anteckningar beskrivning bilaga innehåll inspelning inspelningar kommentar ljud meddelande
    sammanfattning utskrift
    """.split()  # noqa: SIM905  # a list of words reads better as text
)
# What opens a door, or follows a device.
CREDENTIALS = frozenset(
    """
    password passwd pwd passphrase secret token pin otp credential credentials login username userid
    cookie cookies session sessionid ip ipaddress useragent fingerprint adid gaid idfa gclid fbclid
    salasana salasanat tunnussana käyttäjätunnus kirjautuminen eväste evästeet istunto laitetunnus
    lösenord användarnamn kaka kakor
    """.split()  # noqa: SIM905
)
# Two words that mean something only together.
_PAIRS = {
    ("user", "id"), ("user", "name"), ("user", "agent"), ("ip", "address"), ("session", "id"), ("ad", "id"),
    ("free", "text"), ("chat", "log"), ("api", "key"), ("device", "id"), ("client", "id"),
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[^\W\d_A-ZÅÄÖ])(?=[A-ZÅÄÖ])")


def is_content(name: str) -> bool:
    """Whether a column of that name holds what somebody said or wrote."""
    return bool(CONTENT & _words(name))


def is_closed(name: str) -> bool:
    """Whether a column of that name is content, a credential or the trace of a device."""
    words = _in_order(name)
    pairs = set(pairwise(words))
    return is_content(name) or bool(CREDENTIALS & set(words)) or bool(_PAIRS & pairs)


def _words(name: str) -> set[str]:
    words = _in_order(name)
    return {*words, "".join(words)}


def _in_order(name: str) -> list[str]:
    """The words of `callRecording_URL`: call, recording, url."""
    apart = _HUMP.sub(" ", unicodedata.normalize("NFC", name)).replace("_", " ")
    return [word.casefold() for word in _WORD.findall(apart)]
