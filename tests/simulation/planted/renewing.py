"""Bugs in how rotating tokens are renewed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import update

from gateway.credentials import rows
from gateway.credentials.grants import Grant
from gateway.credentials.held import Use
from gateway.credentials.renewal import Asked
from gateway.credentials.rows import CredentialRows, Turn, Whose
from gateway.credentials.tokens import Tokens
from gateway.persistence.tables import credentials
from gateway.tenants.model import Connection
from tests.simulation.planted.bug import Planted, replaced

STORED_AFTER_S = 2.0


@contextmanager
def without_single_flight() -> Iterator[None]:
    async def current(self: Tokens, connection: Connection, asked: Asked) -> Use:
        return await self._look(connection, asked)

    async def turn(self: CredentialRows, whose: Whose) -> AsyncIterator[Turn]:
        yield Turn(self, whose, await self.read(whose), None)

    from contextlib import asynccontextmanager

    with ExitStack() as stack:
        stack.enter_context(replaced(Tokens, _current=current))
        stack.enter_context(replaced(CredentialRows, turn=asynccontextmanager(turn)))
        yield


@contextmanager
def used_before_stored() -> Iterator[None]:
    async def replace(self: Turn, grant: Grant, former: Grant, resting_until: datetime | None = None) -> bool:
        async def later() -> None:
            await self._rows._ambient.clock.sleep(STORED_AFTER_S)
            await self._rows.replace(self._whose, self.held.generation, grant, former)

        asyncio.get_running_loop().create_task(later())
        return True

    with replaced(Turn, replace=replace):
        yield


async def changed_anyway(session: Any, whose: Whose, values: dict[str, Any]) -> bool:
    """As `CredentialRows._change`, whatever generation is there."""
    values = {**values, "generation": credentials.c.generation + 1}
    mine = credentials.c.connection_id == whose.connection_id
    await session.execute(update(credentials).where(mine).values(values))
    return True


@contextmanager
def ended_without_rereading() -> Iterator[None]:
    async def refuse(self: CredentialRows, whose: Whose, seen: int, reason: str, session: Any = None) -> bool:
        async with self._writing(session) as open_session:
            return await changed_anyway(open_session, whose, {"refused": reason})

    with replaced(CredentialRows, refuse=refuse):
        yield


@contextmanager
def overwritten_late() -> Iterator[None]:
    change = CredentialRows._change

    async def changed(
        self: CredentialRows, session: Any, whose: Whose, seen: int, values: dict[str, Any]
    ) -> bool:
        if "sealed" in values:
            return await changed_anyway(session, whose, values)
        return await change(self, session, whose, seen, values)

    with replaced(CredentialRows, _change=changed):
        yield


BUGS = (
    Planted(
        number=9,
        name="no-single-flight",
        what="whoever needs a token renews it, however many are at it",
        found_by=160,
        installed=without_single_flight,
    ),
    Planted(
        number=10,
        name="used-before-stored",
        what="a rotated token is used, and stored a moment later",
        found_by=1,
        installed=used_before_stored,
    ),
    Planted(
        number=11,
        name="ended-without-rereading",
        what="invalid_grant ends a connection that has had a newer grant meanwhile",
        found_by=73,
        installed=ended_without_rereading,
    ),
    Planted(
        number=12,
        name="overwritten-late",
        what="a renewal that comes late overwrites a newer grant",
        found_by=29,
        installed=overwritten_late,
    ),
)
assert credentials.name == rows.TABLE
