"""Pages as the list endpoints print them, and the refusals of parameters that do not fit."""

from collections.abc import Sequence
from typing import Any

import msgspec

from sandbox.lexoffice.errors import Refused
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


def window(query: dict[str, str], quirks: Quirks, *, most: int = 250, least: int = 1) -> Window:
    """Page and size. Refuses what is out of range or beyond the 10,000 entries that can be searched."""
    number, size = whole(query.get("page"), 0), whole(query.get("size"), DEFAULT_SIZE)
    if number is None or number < 0:
        raise Refused(quirks.page_refusal_status, "parameter 'page' is invalid")
    if size is None or size > most:
        raise Refused(quirks.page_refusal_status, f"parameter 'size' must be equal or lower than {most}")
    if size < least:
        raise Refused(quirks.page_refusal_status, "size: MIN")
    if number * size + size > max(WINDOW, size):
        raise Refused(quirks.search_window_status, "Maximum search window size exceeded")
    return Window(number, size)


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
