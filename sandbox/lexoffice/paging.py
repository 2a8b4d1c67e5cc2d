"""Pages as the list endpoints print them, and the refusals of parameters that do not fit."""

from collections.abc import Sequence
from typing import Any

import msgspec

from sandbox.lexoffice.errors import Refused, Violation
from sandbox.lexoffice.quirks import Quirks

WINDOW = 10_000
DEFAULT_SIZE = 25


class Sort(msgspec.Struct, frozen=True):
    property: str
    ascending: bool

    def printed(self) -> dict[str, Any]:
        return {
            "property": self.property,
            "direction": "ASC" if self.ascending else "DESC",
            "ignoreCase": False,
            "nullHandling": "NATIVE",
            "ascending": self.ascending,
        }


class Window(msgspec.Struct, frozen=True):
    number: int
    size: int

    def cut(self, rows: Sequence[Any]) -> Sequence[Any]:
        return rows[self.number * self.size : (self.number + 1) * self.size]


def whole(text: str | None, default: int) -> int | None:
    """A query parameter as an integer; None when it is none."""
    if text is None or text == "":
        return default
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 10 else None


def window(query: dict[str, str], quirks: Quirks, *, most: int = 250) -> Window:
    """Page and size. Refuses what is out of range or beyond the 10,000 entries that can be searched."""
    number, size = whole(query.get("page"), 0), whole(query.get("size"), DEFAULT_SIZE)
    if number is None or number < 0:
        raise odd(quirks, "page")
    if size is None or size < 1:
        raise odd(quirks, "size")
    if size > most:
        raise Refused(quirks.page_refusal_status, f"parameter 'size' must be equal or lower than {most}")
    return within_reach(Window(number, size), quirks)


def strict_window(query: dict[str, str], quirks: Quirks, *, least: int, most: int = 250) -> Window:
    """The same for articles, which check page and size like fields of a body (`size: MIN` was measured)."""
    number, size = whole(query.get("page"), 0), whole(query.get("size"), DEFAULT_SIZE)
    if number is None or size is None:
        raise odd(quirks, "page" if number is None else "size")
    found: list[Violation] = []
    if number < 0:
        found.append(_out_of_range("page", "MIN", "größer oder gleich 0"))
    if size < least:
        found.append(_out_of_range("size", "MIN", f"größer oder gleich {least}"))
    if size > most:
        found.append(_out_of_range("size", "MAX", f"kleiner oder gleich {most}"))
    if found:
        raise Refused(quirks.article_page_refusal_status, violations=found)
    return within_reach(Window(number, size), quirks)


def _out_of_range(field: str, code: str, how: str) -> Violation:
    return Violation(field, code, f"muss {how} sein", "invalid_value")


def within_reach(window: Window, quirks: Quirks) -> Window:
    if (window.number + 1) * window.size > max(WINDOW, window.size):
        raise Refused(quirks.search_window_status, "Maximum search window size exceeded")
    return window


def odd(quirks: Quirks, name: str) -> Refused:
    return Refused(quirks.page_refusal_status, f"parameter '{name}' is invalid")


def page(rows: Sequence[Any], shown: Sequence[Any], window: Window, sort: Sort | None) -> dict[str, Any]:
    """The page object; `rows` are all hits, `shown` those of the window as they are printed."""
    total = min(len(rows), WINDOW)
    pages = -(-total // window.size)
    body: dict[str, Any] = {
        "content": shown,
        "first": window.number == 0,
        "last": window.number >= pages - 1,
        "totalPages": pages,
        "totalElements": total,
        "numberOfElements": len(shown),
        "size": window.size,
        "number": window.number,
    }
    if sort is not None:
        body["sort"] = [sort.printed()]
    return body
