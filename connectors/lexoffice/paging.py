"""Walking the vendor's numbered pages row by row, so that a list can stop anywhere and go on later.

A position counts the rows passed and remembers the last one and the vendor's count of all. When the count is
the same on resuming, the next row is where it was. When it is not, or the last row shows up again, rows came
or went meanwhile: the last row is looked for around its old place and the walk goes on right after it, so
nothing is doubled or skipped. Not seen: one row added and another removed on either side of the place between
two pages (the count stays), or the last row itself gone together with others.

The vendor ends every list at 10,000 rows. Lists sorted by a day go on past that in a window that starts at
the day of the last row; the others end there, and say so.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from connectors.base.errors import FieldError, InvalidForTarget
from connectors.lexoffice.native.base import Page

R = TypeVar("R")
Count = Annotated[int, Meta(ge=0, le=10_000)]

WINDOW = 10_000
MOST = 250
AROUND = 125
"""Rows before the old place among which the last row is looked for."""


class Position(Struct, frozen=True, omit_defaults=True):
    """Where a walk stands: everything needed to go on in another call."""

    offset: Count = 0
    """Rows passed in this window."""
    last: Annotated[str, Meta(max_length=64)] | None = None
    """Id of the last row passed."""
    total: Count = 0
    """The vendor's count of all rows, when it was last told."""
    window: date | None = None
    """Day at which the window starts; None: no window."""
    day: date | None = None
    """Day of the last row, in lists sorted by a day."""
    of_day: Count = 0
    """Rows passed of that day."""
    words: Annotated[str, Meta(max_length=64)] | None = None
    """Which of the vendor's words are asked for, where that was found out by asking."""


class Listed(Struct, Generic[R], frozen=True):
    """A row, decoded and as it came."""

    id: str
    row: R
    raw: msgspec.Raw
    day: date | None = None


Fetch = Callable[[int, int, date | None], Awaitable[tuple[Page, list[Listed[R]]]]]
"""Page number, page size and first day of the window, to a page and its rows."""

POSITION = msgspec.json.Decoder(Position)


def read_position(continuation: str) -> Position:
    """The position that an earlier page gave as `next`."""
    try:
        return POSITION.decode(continuation)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidForTarget(
            (FieldError(field="cursor", code="invalid", message="This is no `page.next` of this list."),)
        ) from error


def write_position(position: Position) -> str:
    """The position as text."""
    return msgspec.json.encode(position).decode()


def cover(offset: int, count: int, least: int) -> tuple[int, int]:
    """Number and size of the smallest page that holds `count` rows from `offset` on, or as many as can be.

    The vendor numbers pages from 0 in multiples of their size, takes 250 at most and, for articles, 25 at
    least; it refuses pages that reach beyond 10,000.
    """
    for size in range(max(least, min(count, MOST)), MOST + 1):
        number = offset // size
        if offset + count <= (number + 1) * size <= WINDOW:
            return number, size
    return offset // MOST, MOST


class Walk(Generic[R]):
    """Rows of one list, one after another from a position."""

    def __init__(self, fetch: Fetch[R], start: Position, *, least: int = 1) -> None:
        self.position = start
        """After the last row that `next` gave."""
        self.capped = False
        """True when the list goes on at the vendor, but cannot be read further."""
        self._fetch = fetch
        self._least = least
        self._rows: list[Listed[R]] = []
        self._final = False
        self._settled = start.last is None

    @property
    def more(self) -> bool:
        """Whether there may be another row."""
        return bool(self._rows) or not self._final

    async def next(self, wanted: int) -> Listed[R] | None:
        """The next row; None at the end. `wanted`: how many more the caller still wants."""
        while not self._rows:
            if self._final:
                return None
            await self._turn(wanted)
        row = self._rows.pop()
        self.position = _passed(self.position, row)
        return row

    async def look(self, wanted: int) -> None:
        """Fetches the first page without taking a row."""
        if not self._rows and not self._final:
            await self._turn(wanted)

    def at_hand(self) -> list[Listed[R]]:
        """Rows that were fetched and not taken yet."""
        return self._rows[::-1]

    async def _turn(self, wanted: int) -> None:
        if self.position.offset >= WINDOW:
            self._narrow()
        at = self.position
        number, size = cover(at.offset, wanted, self._least)
        page, rows = await self._fetch(number, size, at.window)
        if page.number != number:  # contacts answer page 0 for a page that does not exist
            rows = []
        if not self._settled:
            self._settled = True
            place = _place(at, rows)
            if place is None and page.total_elements != at.total:
                self.position = await self._sought(at)
                return
            if place is not None:
                at = replace(at, offset=number * size + place + 1)
        fresh = rows[at.offset - number * size :]
        self.position = replace(at, total=min(page.total_elements, WINDOW))
        self._rows = fresh[::-1]
        self._final = page.last or not rows or (not fresh and at.offset < (number + 1) * size)
        if self._final and rows and (number + 1) * size >= WINDOW and page.total_elements >= WINDOW:
            self._final = self.capped = rows[-1].day is None or rows[-1].day == at.window

    def _narrow(self) -> None:
        """The same place in a window that starts at the day of the last row; that row is told by its id."""
        at, self._settled = self.position, False
        self.position = replace(at, offset=max(0, at.of_day - 1), window=at.day)

    async def _sought(self, at: Position) -> Position:
        """The place right after the last row, wherever that is now; the old one when it is gone."""
        start = max(0, at.offset - AROUND)
        for _ in range(2):
            number, size = cover(start, MOST, self._least)
            page, rows = await self._fetch(number, size, at.window)
            place = _place(at, rows)
            if place is not None:
                return replace(at, offset=number * size + place + 1)
            start = (number + 1) * size
            if page.last or start >= WINDOW:
                break
        return at


def _place(at: Position, rows: list[Listed[R]]) -> int | None:
    return next((index for index, row in enumerate(rows) if row.id == at.last), None)


def _passed(at: Position, row: Listed[R]) -> Position:
    of_day = at.of_day + 1 if row.day == at.day else 1
    return replace(at, offset=at.offset + 1, last=row.id, day=row.day, of_day=of_day)
