"""What a list can be asked for: one filter at a time, and whether the calls or the rows change with it."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from connectors.base.connector import Session
from connectors.base.errors import FieldError, KontorError
from connectors.base.field_paths import leaves_of
from connectors.base.paging import ListQuery, Page
from connectors.base.probing.inputs import candidates
from connectors.base.probing.reading import FAULTS, NOW, session_over
from connectors.base.probing.wire import Changes, ProbingWire, Shapes, run
from connectors.base.wire import Call

VENDOR, KONTOR = "vendor", "kontor"
Ask = Callable[[Session, ListQuery], Coroutine[Any, Any, Page[Any]]]
SINCE = (NOW.replace(year=2001), NOW.replace(year=2038))


class Filtered(Struct, frozen=True, kw_only=True):
    """Whether a list takes a filter, a sort, or `updatedSince`."""

    name: str
    """As in the query; of a sort `sort=number`."""
    by: str | None
    """`vendor`: it is asked for; `kontor`: other rows are left out here; None: not at all."""
    asks: tuple[str, ...] = ()
    """The vendor's parameters that change with it."""
    required: bool = False
    """True when the list cannot be asked without it."""
    reason: str | None = None
    """Why not. None with a filter that is taken and changes nothing: a defect of the mapping."""


class Asked(Struct, frozen=True):
    """What a list came to."""

    params: frozenset[tuple[str, str]] | None
    """Of all calls, and their paths; None when it was refused."""
    rows: tuple[Any, ...] = ()
    errors: tuple[FieldError, ...] = ()


class Lister:
    """One resource's list."""

    def __init__(
        self, filters: type[Struct], ask: Ask, shapes: Shapes, answers: list[Changes], words: set[str]
    ) -> None:
        self._filters, self._ask, self._shapes, self._answers = filters, ask, shapes, answers
        self._words = words

    def filtered(self, sorts: tuple[str, ...]) -> Iterator[Filtered]:
        """Every filter, then `updatedSince`, then the sorts."""
        for leaf in leaves_of(self._filters):
            yield self._of(
                leaf.name, [self._query(**{leaf.name: value}) for value in candidates(leaf, self._words)]
            )
        yield self._of("updatedSince", [self._query(updated_since=since) for since in SINCE])
        for sort in sorts:
            yield self._of(f"sort={sort}", [self._query(sort=sign + sort) for sign in ("", "-")])

    def _of(self, name: str, queries: list[ListQuery]) -> Filtered:
        refusals: list[FieldError] = []
        rows_differ = required = False
        for answer in self._answers:
            plain = self._asked(self._query(), answer)
            for query in queries:
                asked = self._asked(query, answer)
                refusals += asked.errors
                if asked.params is None:
                    continue
                required = required or plain.params is None
                new = {key for key, _ in asked.params ^ (plain.params or frozenset())}
                if asked.params and new:
                    return Filtered(name=name, by=VENDOR, asks=tuple(sorted(new)), required=required)
                rows_differ = rows_differ or asked.rows != plain.rows
        if rows_differ:
            return Filtered(name=name, by=KONTOR, required=required)
        return Filtered(name=name, by=None, reason=refusals[0].message if refusals else None)

    def _query(self, sort: str | None = None, updated_since: Any = None, **filters: Any) -> ListQuery:
        taken = msgspec.convert(filters, self._filters)
        return ListQuery(filters=taken, limit=1, sort=sort, updated_since=updated_since)  # pyright: ignore[reportArgumentType]

    def _asked(self, query: ListQuery, answer: Changes) -> Asked:
        wire = ProbingWire(self._shapes, answer)
        try:
            page = run(self._ask(session_over(wire), query))
        except KontorError as error:
            return Asked(None, (), error.errors)
        except FAULTS:
            return Asked(None)
        return Asked(_params(wire.calls), tuple(record.data for record in page.records))


def _params(calls: list[Call]) -> frozenset[tuple[str, str]]:
    """Parameters of the first call, which tells what is asked for; later ones go on from there."""
    return frozenset((*calls[0].params, ("path", calls[0].path))) if calls else frozenset()
