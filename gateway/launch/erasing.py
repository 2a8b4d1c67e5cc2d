"""`kontor audit export`, `kontor tenants erase`: records are handed over, and then the tenant is gone."""

import os
from functools import partial
from pathlib import Path

from gateway.api.rooms import Rooms
from gateway.audit import log
from gateway.errors import UnknownObject
from gateway.launch import LaunchError
from gateway.launch.administration import ACTOR
from gateway.privacy import archive, caches, certificates
from gateway.privacy.archive import Archive, BadArchive
from gateway.privacy.certificates import Certificate
from gateway.privacy.erasure import QUIET_S, Erasure, InsideRetention


async def export_records(rooms: Rooms, tenant_id: str, path: Path) -> Archive:
    """Trail and write journal of a tenant in a new file; what it proves.

    Raises:
        LaunchError: there is no such tenant, or the file exists or cannot be written.
    """
    async with rooms.database.write() as session:
        if await rooms.directory.tenant(session, tenant_id) is None:
            raise _unknown(tenant_id)
        await log.record(
            session,
            tenant_id=tenant_id,
            actor=ACTOR,
            action="audit.exported",
            object_type="tenant",
            object_id=tenant_id,
            detail={},
            request_id=None,
            at=rooms.ambient.clock.now(),
        )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            async with rooms.database.read() as session:
                async for line in archive.lines(session, rooms.lookup, tenant_id, rooms.ambient.clock.now()):
                    file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LaunchError(f"{path}: {error.strerror}; name a new file in a directory that exists") from error
    return _read(rooms, path)


async def erase(
    rooms: Rooms, tenant_id: str, exported: Path | None, confirmed: str | None, quiet_s: float = QUIET_S
) -> str:
    """The certificate, as JSON.

    Raises:
        LaunchError: it is not confirmed, there is no such tenant, its records have to be kept still, or the
            file is no archive of all of them.
    """
    if confirmed != tenant_id:
        raise LaunchError(f"this cannot be undone: say so with --confirm {tenant_id}")
    given = None if exported is None else _read(rooms, exported)
    erasure = Erasure(
        rooms.database,
        rooms.ambient,
        rooms.vault,
        rooms.lookup,
        partial(caches.forget, rooms.settings.redis_url),
        rooms.periods,
        quiet_s,
    )
    try:
        return certificates.written(await erasure.erase(tenant_id, given, ACTOR))
    except UnknownObject as error:
        raise _unknown(tenant_id) from error
    except InsideRetention as error:
        again = f"kontor audit export {tenant_id} FILE, then kontor tenants erase {tenant_id}"
        raise LaunchError(
            f"{error.detail} {error.hint} {again} --exported FILE --confirm {tenant_id}"
        ) from error


async def certificate(rooms: Rooms, tenant_id: str) -> str:
    """The certificate of a tenant that was erased, as JSON.

    Raises:
        LaunchError: none was given, or it is not of this installation's key file.
    """
    async with rooms.database.read() as session:
        found: Certificate | None = await certificates.of_tenant(session, tenant_id)
    if found is None:
        raise LaunchError(f"{tenant_id} was not erased")
    if not certificates.is_ours(found, rooms.lookup):
        raise LaunchError(f"the certificate of {tenant_id} was changed, or is not of this key file")
    return certificates.written(found)


def _read(rooms: Rooms, path: Path) -> Archive:
    try:
        with path.open("rb") as file:
            return archive.read(file, rooms.lookup)
    except OSError as error:
        raise LaunchError(f"{path} cannot be read: {error.strerror}") from error
    except BadArchive as error:
        raise LaunchError(f"{path} is no archive of this installation: {error}") from error


def _unknown(tenant_id: str) -> LaunchError:
    return LaunchError(f"there is no tenant {tenant_id}; kontor tenants list shows them")
