"""Text filters: substrings without regard to case, with the wildcards `_` and `%`.

On contacts, vouchers and the voucher list the caller has to HTML-encode `&`, `<` and `>`: the stored text
is compared in that form, so that a filter sent without finds nothing.
"""

import re
from collections.abc import Iterable

ENCODED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def encoded(text: str) -> str:
    return text.translate(ENCODED)


class Pattern:
    """Pieces of fixed length that have to occur one after the other: linear, whatever the pattern."""

    def __init__(self, text: str) -> None:
        self._pieces = [re.compile(piece, re.IGNORECASE | re.DOTALL) for piece in _pieces(text) if piece]

    def found_in(self, text: str) -> bool:
        text, at = encoded(text), 0
        for piece in self._pieces:
            hit = piece.search(text, at)
            if hit is None:
                return False
            at = hit.end()
        return True

    def found_in_any(self, texts: Iterable[str]) -> bool:
        return any(self.found_in(text) for text in texts)


def _pieces(pattern: str) -> list[str]:
    pieces, escaped = [""], False
    for sign in pattern:
        if escaped or sign not in "\\%_":
            pieces[-1] += re.escape(sign)
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == "_":
            pieces[-1] += "."
        else:
            pieces.append("")
    if escaped:
        pieces[-1] += re.escape("\\")
    return pieces
