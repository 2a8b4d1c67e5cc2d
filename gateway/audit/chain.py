"""The hash chain of a trail. Pure.

Each entry's hash covers everything in it and the hash before it: whoever changes, deletes, inserts or moves
one has to rewrite all that follow. That somebody did so shows against a head that was kept elsewhere.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import Struct

START = bytes(32)
"""What the first entry of every trail follows."""


class Entry(Struct, frozen=True, kw_only=True):
    """One thing that was done."""

    tenant_id: str
    environment: str | None = None
    """None: it is the tenant's as a whole, or the house's."""
    sequence: int
    """1, 2, 3 … for each tenant, without gaps."""
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    detail: str
    """JSON, as it is stored."""
    request_id: str | None
    previous: bytes
    hash: bytes


class Head(Struct, frozen=True, kw_only=True):
    """The end of a trail: what to keep elsewhere."""

    sequence: int
    hash: bytes


BEGINNING = Head(sequence=0, hash=START)


def digest(entry: Entry) -> bytes:
    """SHA-256 over the entry without its own hash; every part with its length, absent ones marked."""
    parts = (
        entry.previous,
        entry.tenant_id.encode(),
        str(entry.sequence).encode(),
        entry.at.astimezone(UTC).isoformat(timespec="microseconds").encode(),
        entry.actor.encode(),
        entry.action.encode(),
        entry.object_type.encode(),
        entry.object_id.encode(),
        entry.detail.encode(),
        None if entry.request_id is None else entry.request_id.encode(),
        # Entries from before there were environments have one part less.
        *(() if entry.environment is None else (entry.environment.encode(),)),
    )
    together = hashlib.sha256(b"kontor audit 1")
    for part in parts:
        together.update(b"-" if part is None else b"+" + len(part).to_bytes(8, "big") + part)
    return together.digest()


def first_break(
    entries: Iterable[Entry], head: Head, kept: Iterable[Head] = (), start: Head = BEGINNING
) -> int | None:
    """The sequence number at which the trail stops being what was written; None when it is whole.

    `entries` in order of their sequence; `head` is the trail's own and has to be its end; `kept` are those of
    former days from elsewhere, which have to lie on the trail. With `start`, an end that was found whole
    before, `entries` begin behind it.
    """
    kept_hashes = {one.sequence: one.hash for one in kept}
    last = start
    for entry in entries:
        number = last.sequence + 1
        follows = entry.sequence == number and entry.previous == last.hash and entry.hash == digest(entry)
        if not follows or number > head.sequence:
            return number
        last = Head(sequence=number, hash=entry.hash)
        if kept_hashes.get(number, entry.hash) != entry.hash:
            return number
    if last != head:
        return last.sequence + (last.sequence < head.sequence)
    return last.sequence + 1 if max(kept_hashes, default=0) > last.sequence else None
