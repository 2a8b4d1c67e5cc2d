"""How long rows are kept in this installation: as declared, unless it says otherwise."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Table

from gateway.persistence.holdings import HOLDINGS


class Periods:
    """As declared, but for tables that `days` names."""

    def __init__(self, days: Mapping[str, int] | None = None) -> None:
        self._days = days or {}

    def age(self, table: Table) -> timedelta:
        """Raises ValueError where rows do not end by their age."""
        days = self._days.get(table.name)
        return HOLDINGS[table.name].age if days is None else timedelta(days=days)


def periods_of(setting: str) -> Periods:
    """`events=180, request_log=30`.

    Raises:
        ValueError: it cannot be read, a table's period cannot be chosen, or is shorter than what is promised.
    """
    days: dict[str, int] = {}
    for entry in filter(None, (entry.strip() for entry in setting.split(","))):
        name, _, number = (part.strip() for part in entry.partition("="))
        holding = HOLDINGS.get(name)
        if holding is None or holding.shortest is None:
            chosen = ", ".join(one.name for one in HOLDINGS.values() if one.shortest is not None)
            raise ValueError(f"{name or entry!r} is none of {chosen}")
        if not (number.isascii() and number.isdigit() and int(number) >= holding.shortest):
            raise ValueError(f"{name} is kept {holding.shortest} days or more, not {number!r}")
        days[name] = int(number)
    return Periods(days)
