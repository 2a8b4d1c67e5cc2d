"""Bugs in how a copy is kept, and in how its changes are told."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.rooms import Rooms
from gateway.feed.changes import Changes
from gateway.replica import store
from gateway.replica.rows import Changed, Place
from gateway.replica.sync import marks, passes
from tests.simulation.planted.bug import Planted, replaced


def after_the_commit(rooms: Rooms) -> None:
    heard = Changes(rooms.ambient, rooms.resources).on_changed

    async def later(place: Place, changes: Sequence[Changed]) -> None:
        await rooms.ambient.clock.sleep(0.05)
        async with rooms.database.write() as session:
            await heard(session, place, changes)

    async def on_changed(session: AsyncSession, place: Place, changes: Sequence[Changed]) -> None:
        if changes:
            asyncio.get_running_loop().create_task(later(place, changes))

    rooms.replica._on_changed = on_changed  # pyright: ignore[reportPrivateUsage]


@contextmanager
def rounded_up() -> Iterator[None]:
    """What changed since the next full minute, instead of before the last look."""
    with replaced(passes, OVERLAP=timedelta(minutes=-1)):
        yield


@contextmanager
def nothing_missing() -> Iterator[None]:
    async def missing(session: AsyncSession, place: Place, begun_at: datetime, limit: int) -> Collection[str]:
        return []

    with replaced(marks, missing=missing):
        yield


@contextmanager
def last_come_counts() -> Iterator[None]:
    with replaced(store, newer=lambda one, other: True):
        yield


BUGS = (
    Planted(
        number=16,
        name="outbox-after-commit",
        what="events are written after the commit of what they tell of",
        found_by=6,
        apply=after_the_commit,
    ),
    Planted(
        number=17,
        name="cursor-rounded-up",
        what="a look at changes asks for those since the next full minute",
        found_by=6,
        installed=rounded_up,
    ),
    Planted(
        number=18,
        name="tombstone-dropped",
        what="what a list does not name any more is left as it is",
        found_by=6,
        installed=nothing_missing,
    ),
    Planted(
        number=19,
        name="older-overwrites-newer",
        what="of two reads of an object the one that is kept last counts",
        found_by=14,
        installed=last_come_counts,
    ),
)
