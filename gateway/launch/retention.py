"""What is kept, why and how long, from the declarations: for `kontor retention`, and as a page."""

from gateway.persistence.holdings import CLASSES, HOLDINGS, Holding
from gateway.persistence.periods import Periods

HEAD = """\
# What is kept, why, and how long

Written from `gateway/persistence/holdings.py` by `./kontor openapi`; `kontor retention` shows the same.
Every column of the database is in one class, or a test fails. What is older is deleted every night. When a
tenant is erased, all of it goes but the tables marked *stays*, which hold nothing of anybody. What erasing a
connection's copy takes is marked *copy*; events of its objects and their deliveries go with it.
"""


def rows(periods: Periods) -> list[tuple[str, str, str]]:
    """For each table its name, how long in this installation, and why."""
    return [(holding.name, how_long(holding, periods), holding.why) for holding in HOLDINGS.values()]


def how_long(holding: Holding, periods: Periods) -> str:
    """In words."""
    if holding.days is None:
        return holding.until
    days = periods.age(holding.table).days
    years, rest = divmod(days, 365)
    period = f"{years} years" if years and rest < years else f"{days} day{'s' * (days > 1)}"
    if holding.shortest is not None:
        period = f"{period} (from {holding.shortest} on to choose)"
    counted = f"{period} after `{holding.since}`"
    if holding.until:
        return f"{holding.until}; {counted}"
    return counted if holding.only is None else f"{counted}, once it is over"


def page() -> str:
    """As Markdown."""
    classes = [f"| {name} | {what} |" for name, what in CLASSES.items()]
    return "\n".join(
        [HEAD, "| class | |", "|---|---|", *classes, "", *(_section(one) for one in HOLDINGS.values())]
    )


def _section(holding: Holding) -> str:
    marks = [*(["copy"] if holding.of_copy else []), *(["stays"] if holding.outlives else [])]
    marked = f" ({', '.join(f'*{mark}*' for mark in marks)})" if marks else ""
    columns = [
        f"| {kind} | {', '.join(f'`{name}`' for name in names.split())} |"
        for kind, names in holding.columns.items()
    ]
    return "\n".join(
        [
            f"## `{holding.name}`{marked}",
            "",
            f"{holding.why} Kept {how_long(holding, Periods())}.",
            "",
            "| class | columns |",
            "|---|---|",
            *columns,
            "",
        ]
    )
