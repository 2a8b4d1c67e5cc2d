"""Seals secrets under a data key per tenant, which is wrapped by a master key of the ring."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.credentials.keyring import KeyFileError, Keyring, MasterKey
from gateway.credentials.sealing import KEY_BYTES, CannotOpen, Place, key_id_of, seal, unseal
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import tenant_data_keys

CACHED_S = 60.0
"""How long an unwrapped data key stays in memory before it is looked for again."""

CACHED_TENANTS = 10_000

BATCH = 100
"""Data keys rewrapped in one transaction."""

NEW_KEYS = "kontor_new_data_keys"
"""Name in `session.info` of data keys made in its transaction: nobody else may use them before the commit."""


class DataKeys(Struct, frozen=True):
    """A tenant's data keys by id. The newest seals."""

    newest: str
    keys: dict[str, bytes]

    def __repr__(self) -> str:
        return f"DataKeys(newest={self.newest!r})"


class Rotation(Struct, frozen=True, kw_only=True):
    """What a rotation did."""

    master_id: str
    rewrapped: int
    dropped: int


class Vault:
    """Seals and opens. Every failure is Unavailable: no key, no service, never plaintext."""

    def __init__(self, database: Database, keyring: Keyring, ambient: Ambient) -> None:
        self._database = database
        self._keyring = keyring
        self._ambient = ambient
        self._held: dict[str, tuple[float, DataKeys]] = {}

    async def seal(
        self, session: AsyncSession, tenant_id: str, table: str, column: str, row: str, plaintext: bytes
    ) -> bytes:
        """The sealed form of `plaintext` for this one place. A tenant's first makes its data key.

        Raises:
            Unavailable: the tenant's data key cannot be had.
        """
        keys = await self._keys(session, tenant_id) or await self._make(session, tenant_id)
        key = keys.keys[keys.newest]
        return seal(
            key, keys.newest, Place(table, column, tenant_id, row), plaintext, self._ambient.randomness
        )

    async def open(
        self, session: AsyncSession | None, tenant_id: str, table: str, column: str, row: str, sealed: bytes
    ) -> bytes:
        """What was sealed for this place. Without a session it reads in one of its own.

        Raises:
            Unavailable: the key is missing, or the value is damaged or belongs elsewhere.
        """
        try:
            key_id = key_id_of(sealed)
            keys = await self._keys(session, tenant_id)
            if keys is None or key_id not in keys.keys:
                self._held.pop(tenant_id, None)  # another process may have made one
                keys = await self._keys(session, tenant_id)
            if keys is None or key_id not in keys.keys:
                raise CannotOpen("its data key is gone")
            return unseal(keys.keys[key_id], Place(table, column, tenant_id, row), sealed)
        except CannotOpen as error:
            raise Unavailable("A stored secret cannot be opened.") from error

    async def check(self) -> None:
        """Raises KeyFileError when data keys exist that the key file has no master key for."""
        async with self._database.read() as session:
            missing = await _masters_in_use(session) - set(self._keyring.ids())
        if missing:
            raise KeyFileError(
                f"The key file lacks the master keys {', '.join(sorted(missing))} that this database was "
                "sealed with. Put the former key file back."
            )

    async def rotate(self) -> Rotation:
        """Wrap every data key with a new master key, while others work on.

        An unfinished rotation is finished first, with the key it began with. Master keys that nothing is
        wrapped with any more are dropped at the next rotation: until then every process knows the new one.
        """
        async with self._database.write() as session:
            await _lock(session, "SHARE ROW EXCLUSIVE")  # data keys that are being made are seen too
            dropped = self._begin(await _masters_in_use(session))
        newest = self._keyring.newest()
        rewrapped = 0
        while count := await self._rewrap(newest):
            rewrapped += count
        return Rotation(master_id=newest.id, rewrapped=rewrapped, dropped=dropped)

    def _begin(self, in_use: set[str]) -> int:
        """Make the newest master key, unless the last rotation is unfinished: how many are dropped."""
        self._keyring.reload()
        if in_use - {self._keyring.newest().id}:
            return 0
        dropped = set(self._keyring.ids()[:-1])  # nothing is wrapped with any but the newest
        self._keyring.drop(dropped)
        self._keyring.rotate()
        return len(dropped)

    async def forget(self, tenant_id: str) -> None:
        """Destroy what opens this tenant's data keys, in backups of the database too. It cannot be undone.

        Call it when nothing of the tenant is stored any more. Raises KeyFileError.
        """
        self._keyring.forget(tenant_id)
        self._held.pop(tenant_id, None)

    async def wrap_apart(self) -> int:
        """Wrap data keys anew that a master key itself has wrapped, before there were keys for each tenant:
        it ends when a tenant is forgotten. How many that were.
        """
        after, count = "", 0
        while True:
            statement = select(tenant_data_keys).where(tenant_data_keys.c.id > after)
            async with self._database.write() as session:
                rows = (await session.execute(statement.order_by(tenant_data_keys.c.id).limit(BATCH))).all()
                for row in rows:
                    count += await self._wrapped_apart(session, row)
            if not rows:
                return count
            after = rows[-1].id

    async def _wrapped_apart(self, session: AsyncSession, row: Row[tuple[Any, ...]]) -> bool:
        master = self._keyring.master(row.master_id)
        wrapping = None if master is None else master.wrapping(row.tenant_id)
        if master is None or wrapping is None:
            return False
        key, directly = _opened(master, wrapping, row)
        if directly:
            wrapped = self._wrap(master, row.tenant_id, row.id, key)
            own = tenant_data_keys.c.id == row.id
            await session.execute(update(tenant_data_keys).where(own).values(wrapped=wrapped))
        return directly

    async def _keys(self, session: AsyncSession | None, tenant_id: str) -> DataKeys | None:
        if session is not None and tenant_id in session.info.get(NEW_KEYS, {}):
            return session.info[NEW_KEYS][tenant_id]
        now = self._ambient.clock.monotonic()
        held = self._held.get(tenant_id)
        if held is not None and held[0] > now:
            return held[1]
        keys = await self._read(session, tenant_id)
        if keys is not None:
            while len(self._held) >= CACHED_TENANTS:
                del self._held[next(iter(self._held))]
            self._held[tenant_id] = (now + CACHED_S, keys)
        return keys

    async def _read(self, session: AsyncSession | None, tenant_id: str) -> DataKeys | None:
        if session is None:
            async with self._database.read() as own:
                return await self._read(own, tenant_id)
        found = await session.execute(
            select(tenant_data_keys)
            .where(tenant_data_keys.c.tenant_id == tenant_id)
            .order_by(tenant_data_keys.c.id)
        )
        keys = {row.id: self._unwrap(row) for row in found}
        return DataKeys(list(keys)[-1], keys) if keys else None

    async def _make(self, session: AsyncSession, tenant_id: str) -> DataKeys:
        id, key = self._ambient.ids.new("dk"), self._ambient.randomness.token_bytes(KEY_BYTES)
        await _lock(session, "ROW EXCLUSIVE")
        try:
            self._keyring.reload()  # a rotation in another process may have come between
        except KeyFileError as error:
            raise Unavailable("The key file cannot be read.") from error
        master = self._keyring.newest()
        await session.execute(
            insert(tenant_data_keys).values(
                id=id,
                tenant_id=tenant_id,
                master_id=master.id,
                wrapped=self._wrap(master, tenant_id, id, key),
                created_at=self._ambient.clock.now(),
            )
        )
        made = DataKeys(id, {id: key})
        session.info.setdefault(NEW_KEYS, {})[tenant_id] = made
        return made

    def _wrap(self, master: MasterKey, tenant_id: str, id: str, key: bytes) -> bytes:
        wrapping = master.wrapping(tenant_id)
        if wrapping is None:
            raise Unavailable("This tenant was erased.")
        return seal(wrapping, master.id, _place(tenant_id, id), key, self._ambient.randomness)

    def _unwrap(self, row: Row[tuple[Any, ...]]) -> bytes:
        try:
            master = self._keyring.master(row.master_id)
            wrapping = None if master is None else master.wrapping(row.tenant_id)
            if master is None or wrapping is None:
                raise CannotOpen("its master key is gone")
            return _opened(master, wrapping, row)[0]
        except (CannotOpen, KeyFileError) as error:
            raise Unavailable("A tenant's data key cannot be opened.") from error

    async def _rewrap(self, newest: MasterKey) -> int:
        table = tenant_data_keys
        async with self._database.write() as session:
            statement = select(table).where(table.c.master_id != newest.id).order_by(table.c.id).limit(BATCH)
            rows = (await session.execute(statement.with_for_update())).all()
            for row in rows:
                wrapped = self._wrap(newest, row.tenant_id, row.id, self._unwrap(row))
                await session.execute(
                    update(table).where(table.c.id == row.id).values(master_id=newest.id, wrapped=wrapped)
                )
            return len(rows)


async def _lock(session: AsyncSession, mode: str) -> None:
    """Keep making data keys and beginning a rotation apart until the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time
        await session.execute(text(f"LOCK TABLE {tenant_data_keys.name} IN {mode} MODE"))


async def _masters_in_use(session: AsyncSession) -> set[str]:
    return set((await session.execute(select(tenant_data_keys.c.master_id).distinct())).scalars())


def _opened(master: MasterKey, wrapping: bytes, row: Row[tuple[Any, ...]]) -> tuple[bytes, bool]:
    """The data key, and whether the master key itself has wrapped it. Raises CannotOpen."""
    place = _place(row.tenant_id, row.id)
    try:
        return unseal(wrapping, place, row.wrapped), False
    except CannotOpen:
        if not master.key:
            raise
        return unseal(master.key, place, row.wrapped), True


def _place(tenant_id: str, id: str) -> Place:
    return Place("tenant_data_keys", "wrapped", tenant_id, id)
