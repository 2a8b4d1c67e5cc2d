"""Names as they are compared: without case, umlauts, punctuation, legal form, title and filler words."""

import re
import unicodedata
from typing import Final

from msgspec import Struct
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

LEGAL_FORMS: Final = {
    "gmbh co kgaa": "GmbH & Co. KGaA",
    "gmbh co ohg": "GmbH & Co. OHG",
    "gmbh co kg": "GmbH & Co. KG",
    "ug haftungsbeschraenkt co kg": "UG & Co. KG",
    "ug co kg": "UG & Co. KG",
    "ag co kg": "AG & Co. KG",
    "ug haftungsbeschraenkt": "UG",
    "partg mbb": "PartG mbB",
    "ges m b h": "GmbH",
    "gesmbh": "GmbH",
    "s a r l": "SARL",
    "e kfm": "e.K.",
    "e kfr": "e.K.",
    "e k": "e.K.",
    "e v": "e.V.",
    "e g": "eG",
    "b v": "B.V.",
    "ggmbh": "gGmbH",
    "gmbh": "GmbH",
    "egbr": "eGbR",
    "gbr": "GbR",
    "kgaa": "KGaA",
    "ohg": "OHG",
    "kg": "KG",
    "ug": "UG",
    "ag": "AG",
    "se": "SE",
    "ek": "e.K.",
    "ev": "e.V.",
    "eg": "eG",
    "ltd": "Ltd",
    "bv": "B.V.",
    "sarl": "SARL",
    "sas": "SAS",
}
"""By tokens as they are compared, longer ones first; what stands for the same form has the same value."""

UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
FILLERS: Final = frozenset(("und", "u", "firma"))
OWNER: Final = re.compile(r" (?:inh|inhaber|inhaberin) (.+)$")
ADDRESSEE: Final = re.compile(r" (?:z hd|z hdn|c o) .*$")
TITLES: Final = frozenset(("dr", "prof", "dipl", "ing", "med", "herr", "frau"))
GENERATIONS: Final = {"sen": "sen", "senior": "sen", "jun": "jun", "junior": "jun"}
PREFIX_FROM: Final = 8
PREFIX_LIKENESS: Final = 0.95


class ComparedName(Struct, frozen=True, kw_only=True):
    """What is left of a name."""

    core: str
    """Words without form, owner and fillers; of persons in alphabetical order."""
    form: str | None = None
    """Legal form of a company."""
    owner: str | None = None
    """Who stands behind "Inh."."""
    generation: str | None = None
    """`sen` or `jun`."""

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.core.split())


def plain(text: str) -> str:
    """Lower case, umlauts spelled out, accents and punctuation gone, words one blank apart."""
    low = unicodedata.normalize("NFC", text).lower().translate(UMLAUTS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+|_", " ", bare).split()
    return " ".join(word for word in words if word not in FILLERS)


def company_name(name: str) -> ComparedName:
    """A company's name. One that is nothing but a legal form stays as it is."""
    text = ADDRESSEE.sub("", f" {plain(name)}").strip()
    owner = OWNER.search(f" {text}")
    if owner is not None:
        text = f" {text}"[: owner.start()].strip()
    core, form = _without_form(text)
    return ComparedName(core=core, form=form, owner=owner[1] if owner else None)


def person_name(first: str | None, last: str) -> ComparedName:
    """A person's name, in whatever order and with whatever titles it was typed."""
    words = [word for word in plain(f"{first or ''} {last}").split() if word not in TITLES]
    generation = next((GENERATIONS[word] for word in words if word in GENERATIONS), None)
    core = " ".join(sorted(word for word in words if word not in GENERATIONS))
    return ComparedName(core=core, generation=generation)


def likeness(one: str, other: str) -> float:
    """0 to 1: the better of sorted words and Jaro-Winkler; 0.95 when one continues the other."""
    if not one or not other:
        return 0.0
    short, long = sorted((one, other), key=len)
    if len(short) >= PREFIX_FROM and long.startswith(short) and long != short:
        return PREFIX_LIKENESS
    return max(fuzz.token_sort_ratio(one, other) / 100, 0.97 * JaroWinkler.similarity(one, other))


def _without_form(text: str) -> tuple[str, str | None]:
    for form, name in LEGAL_FORMS.items():
        if text.endswith(f" {form}"):
            return text[: -len(form)].strip(), name
    for form, name in LEGAL_FORMS.items():
        if len(form) > 2 and f" {form} " in f" {text}":
            return " ".join(f" {text} ".replace(f" {form} ", " ", 1).split()) or text, name
    return text, None
