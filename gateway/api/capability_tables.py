"""The matrix as rows of text, for `kontor capabilities`."""

from collections.abc import Iterator

from connectors.base.connector import Connector
from gateway.api.capabilities import capabilities
from gateway.api.matrix import FieldSupport, packaged
from schemas import RESOURCES

Row = tuple[str, ...]
MOST_NAMES = 3


def operation_rows(connector: Connector, resource: str | None) -> Iterator[Row]:
    """Resource, operation, level, when it was seen to work, how or why not."""
    for cell in capabilities(connector, RESOURCES):
        if resource in (None, cell.resource):
            seen = f"{cell.verified.date} {cell.verified.commit[:7]}" if cell.verified else ""
            yield cell.resource, cell.operation, cell.level, seen, cell.workaround or cell.reason or ""


def field_rows(connector: Connector, resource: str) -> Iterator[Row]:
    """Path, what reads, creates and updates do with it, and the vendor's names or why not."""
    support = packaged().of(connector.name, resource)
    columns = [
        {field.path: field for field in fields or ()}
        for fields in (support.read, support.create, support.update)
    ]
    for path in dict.fromkeys(path for column in columns for path in column):
        found = [column.get(path) for column in columns]
        yield path, *(field.level if field else "" for field in found), _told(found)
    counts = [
        f"{sum(f.level == 'yes' for f in column.values())}/{len(column)}" if column else ""
        for column in columns
    ]
    yield "together", *counts, ""


def further_rows(connector: Connector, resource: str) -> Iterator[Row]:
    """`summary` or an action, path, level, and the vendor's names or why not."""
    support = packaged().of(connector.name, resource)
    for name, fields in {"summary": support.summary or [], **support.actions}.items():
        for field in fields:
            yield name, field.path, field.level, _told([field])


def filter_rows(connector: Connector, resource: str) -> Iterator[Row]:
    """Name, level, the vendor's parameters, how or why not."""
    for one in packaged().of(connector.name, resource).filters:
        yield one.name, one.level, ", ".join(one.vendor_fields), one.workaround or one.reason or ""


def _told(fields: list[FieldSupport | None]) -> str:
    reasons = [field.reason for field in fields if field and field.level == "no" and field.reason]
    names = [name.partition("#")[2] or name for field in fields if field for name in field.vendor_fields]
    known = list(dict.fromkeys(names))
    more = ["…"] if len(known) > MOST_NAMES else []
    return " ".join([", ".join([*known[:MOST_NAMES], *more]), *dict.fromkeys(reasons)]).strip()
