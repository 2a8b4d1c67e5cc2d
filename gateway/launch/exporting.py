"""`kontor export`: what is held of a connection's books, in a directory that is whole by its manifest."""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from connectors.base.errors import KontorError
from gateway.api.rooms import Rooms
from gateway.api.syncs_api import NO_REPLICA, TURN_ON
from gateway.launch import LaunchError
from gateway.launch.administration import ACTOR
from gateway.launch.syncing import known_connection
from gateway.privacy.exporting import Counts, Format, exported, form_of
from gateway.replica.rows import keeps, place_of
from gateway.tenants.model import Connection
from schemas.base import Resource

MANIFEST = "manifest.json"


class File(Struct, frozen=True, kw_only=True, rename="camel"):
    """One file of an export."""

    name: str
    resource: str
    documents: int
    deleted: int
    """Tombstones, of objects that are gone."""
    bytes: int
    sha256: str
    complete: bool
    """Whether the copy was complete when it was exported."""
    as_of: datetime | None
    """All that the accounting system had then is there; None: passes have not come to their end yet."""


class Manifest(Struct, frozen=True, kw_only=True, rename="camel"):
    """Written last: where it is, all files are whole."""

    connection_id: str
    target: str
    format: str
    exported_at: datetime
    files: list[File]


async def export(rooms: Rooms, connection_id: str, format: Format, directory: Path) -> Manifest:
    """All resources that anything is held of, a file each.

    Raises:
        LaunchError: there is no such connection, it keeps no replica, the directory has files in it or cannot
            be written, or Parquet is not installed.
    """
    connection = await known_connection(rooms, connection_id)
    if not connection.keeps_replica:
        raise LaunchError(f"{NO_REPLICA} {TURN_ON}")
    try:
        _prepare(directory)
        return await _export(rooms, connection, format, directory)
    except OSError as error:
        raise LaunchError(f"{directory}: {error.strerror}; name a new directory") from error
    except KontorError as error:
        raise LaunchError(f"{error.detail} {error.hint}") from error


async def _export(rooms: Rooms, connection: Connection, format: Format, directory: Path) -> Manifest:
    async with rooms.database.write() as session:
        await rooms.audit(
            session,
            tenant_id=connection.tenant_id,
            environment=connection.environment,
            actor=ACTOR,
            action="connection.exported",
            object_type="connection",
            object_id=connection.id,
            detail={"format": format},
            request_id=None,
            at=rooms.ambient.clock.now(),
        )
    kept = [resource for resource in rooms.resources.values() if keeps(resource)]
    files = [await _file(rooms, connection, resource, format, directory) for resource in kept]
    manifest = Manifest(
        connection_id=connection.id,
        target=connection.target,
        format=format,
        exported_at=rooms.ambient.clock.now(),
        files=[file for file in files if file is not None],
    )
    written = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    with _new(directory / MANIFEST) as file:
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    return manifest


async def _file(
    rooms: Rooms, connection: Connection, resource: Resource, format: Format, directory: Path
) -> File | None:
    """None: nothing is held of it."""
    place, counts, size = place_of(connection, resource.name), Counts(), 0
    async with rooms.database.read() as session:
        state = await rooms.replica.state(session, place)
    if not state.sequence:
        return None
    path, hashed = directory / f"{resource.name}.{format}", hashlib.sha256()
    form = form_of(format, resource.model)
    with _new(path) as file:
        async for piece in exported(rooms.database, rooms.replica, place, form, counts):
            file.write(piece)
            hashed.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return File(
        name=path.name,
        resource=resource.name,
        documents=counts.documents,
        deleted=counts.deleted,
        bytes=size,
        sha256=hashed.hexdigest(),
        complete=state.complete,
        as_of=state.as_of,
    )


def _prepare(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise LaunchError(f"{directory} has files in it; name a new directory")


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
