"""What is searched: texts without case and accents, so that both databases find the same. Pure."""

import unicodedata
from typing import Any

from gateway.replica.keys import PART, searchable, value_at
from schemas.base import Resource

LONGEST = 10_000
"""Characters of a row that are searched; vendors' texts are shorter."""
NOWHERE = "\t"
"""In no row: what a search looks for that has nothing but accents."""


def plain(text: str) -> str:
    """`MÜLLER & Söhne` as `muller & sohne`; white space is one blank."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(letter for letter in folded if not unicodedata.combining(letter)).split())


def words_of(resource: Resource, data: Any) -> str:
    """All that is searched in an object."""
    values = (value_at(data, tuple(path.split("."))) for path in resource.searched)
    texts = [text for value in values for text in searchable(value).split(PART)]
    return PART.join(filter(None, map(plain, texts)))[:LONGEST]


def asked(search: str) -> tuple[str, ...]:
    """The words of a search, each of which a row has to hold somewhere."""
    return tuple(dict.fromkeys(plain(search).replace("\x00", "").split())) or (NOWHERE,)
