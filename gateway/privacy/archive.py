"""A tenant's trail and write journal as a file that proves what it is: handed over before both are erased.

JSON Lines: one that opens it, the entries of the trail in their order, the writes of the journal, and one
that ends it, with the number of lines, their SHA-256 and a signature by the installation's key file.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct
from sqlalchemy import LargeBinary, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit import log, starts
from gateway.audit.chain import Entry, Head, first_break
from gateway.audit.heads import Signing
from gateway.persistence.tables import write_journal as JOURNAL

PAGE = 1000
WRITES = [column for column in JOURNAL.c if not column.name.endswith("_sealed")]
"""What was sealed is the end customer's, and no evidence of what was done."""


class Opening(Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="archive"):
    """The first line."""

    tenant_id: str
    exported_at: datetime
    begins_after: int
    """Number of the entry behind which the trail begins; 0: it is there from its first."""
    begins_after_hash: str


class Noted(Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="entry"):
    """An entry of the trail. Hashes in hexadecimal digits, `detail` as text: it is hashed so."""

    sequence: int
    environment: str | None
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    detail: str
    request_id: str | None
    previous: str
    hash: str


class Booked(Struct, frozen=True, kw_only=True, tag_field="kind", tag="write"):
    """A write of the journal, its columns by name."""

    row: Raw


class Ending(Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="end"):
    """The last line."""

    entries: int
    writes: int
    sequence: int
    """Of the trail's last entry, with its hash."""
    hash: str
    sha256: str
    """Of all lines before this one, each with its line break."""
    signature: str


class Archive(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a file was found to be."""

    tenant_id: str
    head: Head
    entries: int
    writes: int
    sha256: str
    """Of the whole file."""


class BadArchive(ValueError):
    """A file that is none of ours, or was changed; the message says where."""


async def lines(
    session: AsyncSession, signing: Signing, tenant_id: str, now: datetime
) -> AsyncIterator[bytes]:
    """The archive as of now, line by line."""
    hashed = hashlib.sha256()
    start = await starts.start_of(session, signing, tenant_id)
    counts = {"entries": 0, "writes": 0}
    opening = Opening(
        tenant_id=tenant_id,
        exported_at=now,
        begins_after=start.sequence,
        begins_after_hash=start.hash.hex(),
    )
    yield _line(opening, hashed)
    last = start
    while page := await log.entries(session, tenant_id, last.sequence, PAGE):
        for entry in page:
            yield _line(_noted(entry), hashed)
        last = Head(sequence=page[-1].sequence, hash=page[-1].hash)
        counts["entries"] += len(page)
    after = ""
    while rows := await _writes(session, tenant_id, after):
        for row in rows:
            yield _line(Booked(row=Raw(msgspec.json.encode(_readable(row)))), hashed)
        after = rows[-1].id
        counts["writes"] += len(rows)
    digest = hashed.hexdigest()
    signature = _signature(signing, tenant_id, digest, last.hash.hex())
    ending = Ending(
        **counts, sequence=last.sequence, hash=last.hash.hex(), sha256=digest, signature=signature
    )
    yield _line(ending, hashed)


def read(file: Iterable[bytes], signing: Signing) -> Archive:
    """What the lines of a file prove.

    Raises:
        BadArchive: not written by this installation, changed, cut, or its trail is not whole.
    """
    reading = _Reading(file, signing)
    opening = reading.opening()
    last = Head(sequence=opening.begins_after, hash=bytes.fromhex(opening.begins_after_hash))
    for entry in reading.entries(opening.tenant_id):
        here = Head(sequence=entry.sequence, hash=entry.hash)
        if first_break((entry,), here, start=last) is not None:
            raise BadArchive(f"its trail is broken at entry {entry.sequence}")
        last = here
    ending = reading.ending(opening.tenant_id)
    head = Head(sequence=ending.sequence, hash=bytes.fromhex(ending.hash))
    if head != last:
        raise BadArchive(f"its trail is broken at entry {last.sequence + 1}")
    return Archive(
        tenant_id=opening.tenant_id,
        head=head,
        entries=ending.entries,
        writes=ending.writes,
        sha256=reading.whole.hexdigest(),
    )


_LINES = msgspec.json.Decoder(Opening | Noted | Booked | Ending)


class _Reading:
    """One pass over a file."""

    def __init__(self, file: Iterable[bytes], signing: Signing) -> None:
        self.whole = hashlib.sha256()
        self._lines = enumerate(file, 1)
        self._signing = signing
        self._before = self.whole.copy()
        self._number = 0
        self._counted = {Noted: 0, Booked: 0}
        self._after: Opening | Booked | Ending | None = None

    def opening(self) -> Opening:
        found = self._next()
        if not isinstance(found, Opening):
            raise BadArchive("it does not begin as an archive")
        return found

    def entries(self, tenant_id: str) -> Iterator[Entry]:
        while isinstance(found := self._next(), Noted):
            self._counted[Noted] += 1
            yield _entry(tenant_id, found)
        self._after = found

    def ending(self, tenant_id: str) -> Ending:
        found = self._after
        while isinstance(found, Booked):
            self._counted[Booked] += 1
            found = self._next()
        if not isinstance(found, Ending) or next(self._lines, None) is not None:
            raise BadArchive(f"line {self._number} is not where it belongs")
        counted = (self._counted[Noted], self._counted[Booked])
        signature = _signature(self._signing, tenant_id, self._before.hexdigest(), found.hash)
        signed = hmac.compare_digest(found.signature, signature)
        if not signed or found.sha256 != self._before.hexdigest() or counted != (found.entries, found.writes):
            raise BadArchive("it was changed, or is not of this installation's key file")
        return found

    def _next(self) -> Opening | Noted | Booked | Ending | None:
        numbered = next(self._lines, None)
        if numbered is None:
            return None
        self._number, line = numbered
        self._before = self.whole.copy()
        self.whole.update(line)
        try:
            return _LINES.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadArchive(f"line {self._number} cannot be read: {error}") from error


def _line(part: Struct, hashed: Any) -> bytes:
    line = msgspec.json.encode(part) + b"\n"
    hashed.update(line)
    return line


def _noted(entry: Entry) -> Noted:
    plain = {name: getattr(entry, name) for name in Noted.__struct_fields__}
    return Noted(**{**plain, "previous": entry.previous.hex(), "hash": entry.hash.hex()})


def _entry(tenant_id: str, noted: Noted) -> Entry:
    plain = msgspec.structs.asdict(noted)
    hashes = {"previous": bytes.fromhex(noted.previous), "hash": bytes.fromhex(noted.hash)}
    return Entry(**{**plain, **hashes}, tenant_id=tenant_id)


async def _writes(session: AsyncSession, tenant_id: str, after: str) -> list[Any]:
    wanted = select(*WRITES).where(JOURNAL.c.tenant_id == tenant_id, JOURNAL.c.id > after)
    return list((await session.execute(wanted.order_by(JOURNAL.c.id).limit(PAGE))).all())


def _readable(row: Any) -> dict[str, Any]:
    values = row._mapping
    binary = {column.name for column in WRITES if isinstance(column.type, LargeBinary)}
    return {
        name: value.hex() if name in binary and value is not None else _utc(value)
        for name, value in values.items()
    }


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _signature(signing: Signing, tenant_id: str, sha256: str, hash: str) -> str:
    return signing.digest("archive", tenant_id, sha256, hash).hex()
