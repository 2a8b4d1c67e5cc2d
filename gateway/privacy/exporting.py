"""What is held of a connection's books, as files that other programs read. Memory holds a batch at a time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct

from gateway.persistence.database import Database
from gateway.replica.rows import Gone, Place, Walked
from gateway.replica.store import Replica

Format = Literal["jsonl", "parquet"]
MEDIA_TYPES: dict[Format, str] = {
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
BATCH = 500
"""Rows read in one transaction, and held at once."""


class Form(Protocol):
    """How rows become bytes of a file."""

    def begin(self) -> bytes: ...

    def add(self, rows: Sequence[Walked]) -> bytes: ...

    def end(self) -> bytes: ...


class Counts(Struct):
    """What went into a file."""

    documents: int = 0
    deleted: int = 0


class JsonLines:
    """One document a line, as the API answers it; of what is gone, `{"id", "deletedAt"}`."""

    def begin(self) -> bytes:
        return b""

    def add(self, rows: Sequence[Walked]) -> bytes:
        return b"".join(_line(row) + b"\n" for row in rows)

    def end(self) -> bytes:
        return b""


def form_of(format: Format, model: Any) -> Form:
    """Raises `ParquetMissing` where it was installed without."""
    if format == "jsonl":
        return JsonLines()
    from gateway.privacy.parquet import Parquet

    return Parquet(model)


async def exported(
    database: Database, replica: Replica, place: Place, form: Form, counts: Counts
) -> AsyncGenerator[bytes]:
    """The file of one resource, in pieces: each object as it is held when the walk, by id, comes to it."""
    after: str | None = ""
    yield form.begin()
    while after is not None:
        async with database.read() as session:
            rows, after = await replica.walk(session, place, after, BATCH)
        counts.documents += sum(row.gone_at is None for row in rows)
        counts.deleted += sum(row.gone_at is not None for row in rows)
        yield await asyncio.to_thread(form.add, rows)
    yield await asyncio.to_thread(form.end)


def _line(row: Walked) -> bytes:
    if row.gone_at is None:
        return row.document or b""
    return msgspec.json.encode(Gone(id=row.id, deleted_at=row.gone_at))
