"""What else is under way on a connection: an object that looks like one write's may be another's."""

from typing import Any

from sqlalchemy import Row

from connectors.base.wire import Call
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.writes import rows
from gateway.writes.tape import Tape

MOST = 200
"""Writes that are looked at; more than a connection can have sent within the settle time."""


async def creates_under_way(database: Database, vault: Vault, row: Row[Any]) -> tuple[Call, ...]:
    """Creating calls of the connection's other writes whose outcome is open."""
    async with database.read() as session:
        others = await rows.open_tapes(session, row.connection_id, row.id, MOST)
    tapes = [
        Tape.of(
            await vault.open(
                None, other.tenant_id, "write_journal", "tape_sealed", other.id, other.tape_sealed
            )
        )
        for other in others
    ]
    return tuple(call for tape in tapes for call in tape.creates)
