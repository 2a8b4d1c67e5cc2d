"""Statements that are asked all the time, past what SQLAlchemy does at each execution.

One that is marked is compiled once, and then its text goes to the driver with its values. Types still are the
declared ones where a driver's own values would not do: `Instant`.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Dialect, Executable, Insert, Select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.instants import Instant

MARK: dict[str, Any] = {"kontor_straight": True}
"""Execution options of a statement that is made once and kept."""
KEPT = 1_000
Convert = Callable[[Any], Any]


class Rows:
    """As much of a result as is used."""

    __slots__ = ("_make", "unnamed")

    def __init__(self, unnamed: list[Any], make: Callable[[Any], Any]) -> None:
        self.unnamed = unnamed
        """Whoever reads whole columns needs no names."""
        self._make = make

    def all(self) -> list[Any]:
        return list(map(self._make, self.unnamed))

    def one_or_none(self) -> Any:
        """The row of a statement that can have one at most."""
        if len(self.unnamed) > 1:
            raise ValueError("several rows where one was expected")
        return self._make(self.unnamed[0]) if self.unnamed else None


def unnamed(result: Any) -> Sequence[Any]:
    """The rows of a result, each by its columns' order alone."""
    return result.unnamed if isinstance(result, Rows) else result.all()


class Prepared:
    """One statement for one database: its text, and values as the driver takes them."""

    def __init__(self, statement: Select[Any] | Insert, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise ValueError("a statement whose text depends on its values cannot be kept")
        self.text = str(compiled)
        self._fixed: dict[str, Any] = compiled.params
        self._order: Sequence[str] | None = compiled.positiontup
        self._given = {
            name: convert
            for name, parameter in compiled.binds.items()
            if isinstance(parameter.type, Instant)
            and (convert := parameter.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def values(self, given: Mapping[str, Any]) -> Any:
        """What the driver is handed: by name, or in order."""
        values = {**self._fixed, **given}
        for name, convert in self._given.items():
            values[name] = convert(values[name])
        return values if self._order is None else tuple([values[name] for name in self._order])


class Plan(Prepared):
    """One that selects."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        super().__init__(statement, dialect)
        columns = statement.selected_columns
        self._make: Callable[[Iterable[Any]], Any] = partial(
            tuple.__new__, namedtuple("Row", columns.keys())
        )  # what its `_make` does, without a call of Python's for each row
        self._taken: list[tuple[int, Convert]] = [
            (number, convert)
            for number, column in enumerate(columns)
            if isinstance(column.type, Instant)
            and (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def rows(self, found: list[Any]) -> Rows:
        """What the driver found, with the names of the columns."""
        if self._taken:
            found = [self._converted(row) for row in found]
        return Rows(found, self._make)

    def _converted(self, row: Sequence[Any]) -> list[Any]:
        converted = list(row)
        for number, convert in self._taken:
            converted[number] = convert(converted[number])
        return converted


@lru_cache(KEPT)
def _prepared(statement: Insert, dialect: Dialect) -> Prepared:
    return Prepared(statement, dialect)


async def insert_all(session: AsyncSession, statement: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have all columns, by a statement that is kept and one call of the driver."""
    kept = _prepared(statement, session.get_bind().dialect)
    values = [kept.values(row) for row in rows]
    await session.run_sync(lambda own: own.connection().exec_driver_sql(kept.text, values))


@lru_cache(KEPT)
def _plan(statement: Select[Any], dialect: Dialect) -> Plan:
    return Plan(statement, dialect)


def plan_of(statement: Executable, dialect: Dialect) -> Plan | None:
    """None: it is executed like any other."""
    if not (isinstance(statement, Select) and statement.get_execution_options().get("kontor_straight")):
        return None
    return _plan(statement, dialect)
