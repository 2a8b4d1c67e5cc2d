"""Leitweg-IDs: how German authorities are addressed (KoSIT, format 2.0.2)."""

import re

FORM = re.compile(r"\d{2,12}(-[0-9A-Za-z]{1,30})?-\d{2}")


def misread(text: str) -> bool:
    """True for what has the form of a Leitweg-ID and wrong check digits; other texts are no such id."""
    if FORM.fullmatch(text) is None:
        return False
    digits = "".join(str(int(character, 36)) for character in text.replace("-", ""))
    return int(digits) % 97 != 1
