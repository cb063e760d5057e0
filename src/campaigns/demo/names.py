"""First names, surnames and trades that the made-up people and companies get."""

from __future__ import annotations

FINNISH_FIRST = (
    "Aino", "Anna", "Anneli", "Eeva", "Ella", "Emilia", "Emma", "Hanna", "Helena", "Inkeri",
    "Johanna", "Kaarina", "Katariina", "Kristiina", "Laura", "Leena", "Liisa", "Maria", "Marja",
    "Marjatta", "Minna", "Oona", "Päivi", "Pirkko", "Riitta", "Ritva", "Sanna", "Sari", "Sofia",
    "Tuula", "Venla", "Ulla-Maija", "Antero", "Antti", "Eero", "Heikki", "Ilmari", "Jari", "Juha",
    "Juhani", "Jukka", "Kalevi", "Kari", "Lauri", "Markku", "Matti", "Mika", "Mikael", "Mikko",
    "Olavi", "Onni", "Pekka", "Petri", "Sami", "Seppo", "Tapani", "Tapio", "Timo", "Toivo", "Väinö",
    "Veikko", "Ville", "Jukka-Pekka", "Žanna",
)  # fmt: skip
FINNISH_LAST = (
    "Virtanen", "Korhonen", "Mäkinen", "Nieminen", "Mäkelä", "Hämäläinen", "Laine", "Heikkinen",
    "Koskinen", "Järvinen", "Lehtonen", "Lehtinen", "Saarinen", "Niemi", "Salminen", "Heinonen",
    "Heikkilä", "Kinnunen", "Salonen", "Salo", "Turunen", "Laitinen", "Tuominen", "Rantanen",
    "Karjalainen", "Jokinen", "Mattila", "Savolainen", "Lahtinen", "Ahonen", "Leppänen", "Väisänen",
    "Hiltunen", "Ojala", "Pitkänen", "Laaksonen", "Räsänen", "Nurminen", "Aaltonen", "Manninen",
    "Peltonen", "Hakala", "Anttila", "Lampinen", "Kärkkäinen", "Rautio", "Kallio", "Pesonen",
    "Kettunen", "Vainio", "Halonen", "Sirén", "Šeštokas", "Uusi-Heikkilä",
)  # fmt: skip
SWEDISH_FIRST = (
    "Astrid", "Birgitta", "Christina", "Elin", "Gunilla", "Ingrid", "Karin", "Linnéa", "Anders",
    "Bengt", "Björn", "Erik", "Fredrik", "Göran", "Håkan", "Johan", "Lars", "Nils", "Sven", "Åke",
)  # fmt: skip
SWEDISH_LAST = (
    "Johansson", "Nyman", "Lindholm", "Karlsson", "Andersson", "Lindström", "Bergström", "Eriksson",
    "Öhman", "Sjöberg", "Åkerblom", "Nordström", "Holmberg", "Backman",
)  # fmt: skip
ENGLISH_FIRST = (
    "Alice", "Charlotte", "Emily", "Grace", "Olivia", "Daniel", "Henry", "James", "Oliver",
    "Thomas", "Amina", "Fatima", "Nguyen", "Svitlana", "Oleksandr", "Ahmed", "Zoë", "Siobhán",
)  # fmt: skip
ENGLISH_LAST = (
    "Smith", "Taylor", "Walker", "Harris", "O'Brien", "Cooper", "Hassan", "Ali", "Tran",
    "Kovalenko", "Shevchenko", "Ng", "van der Berg",
)  # fmt: skip

# `Malli-` is Finnish for "example-": nobody's own company is called so.
TRADES = {
    "Mallikonepaja": "manufacturing",
    "Mallipuusepänverstas": "manufacturing",
    "Mallileipomo": "food",
    "Mallimeijeri": "food",
    "Mallimarket": "retail",
    "Mallikauppa": "retail",
    "Mallihotelli": "hospitality",
    "Malliravintola": "hospitality",
    "Mallikiinteistöt": "real_estate",
    "Malli-isännöinti": "real_estate",
    "Mallikuljetus": "transport",
    "Malliohjelmistot": "services",
    "Mallihoivakoti": "health",
    "Mallikoulu": "public",
}
COMPANY_PLACES = (
    "Salpausselän", "Vesijärven", "Jalkarannan", "Launeen", "Mukkulan", "Ahtialan", "Kärpäsen",
    "Hollolan", "Nastolan", "Radiomäen", "Karisman", "Kymijärven", "Möysän", "Kivimaan",
)  # fmt: skip
COMPANY_FORMS = ("Oy", "Oy", "Oy", "Ky", "Oyj")
