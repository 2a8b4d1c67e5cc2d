"""Backups of an embedded database, and what an operator says of one that was brought back."""

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from gateway.api.rooms import Rooms
from gateway.launch import LaunchError
from gateway.persistence.database import Database
from gateway.writes import recovered


async def back_up(rooms: Rooms, path: Path) -> None:
    """A copy of the database as it is at this moment, while gateways go on; it knows that it is one.

    Raises:
        LaunchError: the file exists, cannot be written, or the database is not SQLite.
    """
    url = make_url(rooms.settings.database_url)
    if not rooms.settings.embedded or url.database is None:
        raise LaunchError(
            "PostgreSQL is backed up with its own tools, pg_dump or point-in-time recovery;"
            " kontor recovery begin --since tells from when a backup is that was brought back"
        )
    at = rooms.ambient.clock.now()
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise LaunchError(f"{path}: {error.strerror}; name a new file in a directory that exists") from error
    with sqlite3.connect(url.database) as source, sqlite3.connect(path) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    database = Database.open(f"sqlite+aiosqlite:///{path}")
    try:
        async with database.write() as session:
            await recovered.note_backup(session, rooms.ambient.ids.new("rcv"), at)
    finally:
        await database.dispose()


async def begin(rooms: Rooms, since: datetime) -> None:
    """The database was brought back to `since`.

    Raises:
        LaunchError: that is not in the past.
    """
    now = rooms.ambient.clock.now()
    if since >= now:
        raise LaunchError(
            f"{since:%Y-%m-%dT%H:%M:%SZ} is not in the past; --since takes the instant of the backup"
        )
    async with rooms.database.write() as session:
        await recovered.begin(session, rooms.ambient.ids.new("rcv"), since, now)


async def restores(rooms: Rooms) -> list[tuple[str, ...]]:
    """For each: the backup's time, when it was brought back, since when writes are taken, grants lost."""
    async with rooms.database.read() as session:
        found = await recovered.told(session)
    return [
        (
            f"{row.backup_at:%Y-%m-%d %H:%M:%S}",
            f"{row.restored_at:%Y-%m-%d %H:%M:%S}" if row.restored_at else "not opened yet",
            f"{row.opened_at:%Y-%m-%d %H:%M:%S}" if row.opened_at else "not yet",
            "" if row.lost is None else str(row.lost),
        )
        for row in found
    ]
