"""SEC-45, SEC-23: of an erased tenant nothing is left, and nothing of it can be read in a backup."""

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, select, update

from gateway.audit import starts
from gateway.audit.log import HOUSE, record, verify
from gateway.credentials.vault import Vault
from gateway.errors import Unavailable
from gateway.launch import LaunchError, erasing
from gateway.persistence.database import Database
from gateway.persistence.holdings import HOLDINGS
from gateway.persistence.tables import audit_events, erasures, request_log, tenants, write_journal
from gateway.privacy import archive, certificates
from gateway.privacy.archive import BadArchive
from gateway.privacy.retention import erase_late_calls
from tests.integration.conftest import BOTH
from tests.integration.privacy.canaries import Flock, cached, dumped, files, found
from tests.stage import Party, Stage, staged

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@pytest.fixture(params=BOTH)
def stores(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of one process with SQLite, and of several over PostgreSQL and Valkey."""
    if request.param == "sqlite":
        return {}
    url = request.getfixturevalue("migrated_postgres_url")
    return {"database_url": url, "redis_url": request.getfixturevalue("valkey_url")}


@pytest.fixture
async def stage(stores: dict[str, Any], tmp_path: Path) -> AsyncIterator[Stage]:
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    async with staged(directory, scheduler=True, request_limit=6000, **stores) as made:
        yield made


async def everything(stage: Stage) -> bytes:
    settings = stage.rooms.settings
    redis = cached(settings.redis_url) if settings.redis_url else b""
    return await dumped(stage.rooms.database) + files(Path(settings.data_dir)) + redis


async def settled(stage: Stage, mark: str) -> tuple[Party, Flock]:
    """A tenant that has called, with canaries wherever something of it is stored."""
    flock = Flock(mark)
    name = flock.canary("tenants", "name")
    party = await stage.party(await stage.tenant(name), twin_api_key=None)
    rooms = stage.rooms
    hook = {"url": f"https://{mark}.example/", "description": flock.canary("hooks", "description")}
    made = await stage.call("POST", "/v1/webhook-endpoints", party, json=hook)
    flock.placed |= {made.json()["data"]["secret"], party.api_key, party.account_key}
    label = flock.canary("keys", "name")
    await stage.call("POST", "/v1/api-keys", party, json={"name": label, "scopes": ["read"]})
    await stage.call("GET", "/v1/accounting/invoices?limit=1", party)
    async with rooms.database.write() as session:
        await flock.settle(session, party.tenant_id)
        await record(
            session,
            tenant_id=party.tenant_id,
            actor="operator",
            action="connection.changed",
            object_type="connection",
            object_id=flock.canary("audit_events", "object_id"),
            detail={"label": flock.canary("audit_events", "detail")},
            request_id=None,
            at=rooms.ambient.clock.now(),
        )
    await rooms.request_log.flush()
    return party, flock


async def erased(stage: Stage, tenant_id: str, file: Path) -> certificates.Certificate:
    await erasing.export_records(stage.rooms, tenant_id, file)
    return certificates.read(await erasing.erase(stage.rooms, tenant_id, file, tenant_id, quiet_s=0))


async def verdict(stage: Stage, tenant_id: str) -> int | None:
    async with stage.rooms.database.read() as session:
        start = await starts.start_of(session, stage.rooms.lookup, tenant_id)
        return await verify(session, tenant_id, start=start)


async def test_nothing_is_left_of_an_erased_tenant_and_all_of_its_neighbour(
    stage: Stage, tmp_path: Path
) -> None:
    party, flock = await settled(stage, "canary-gone")
    other, neighbours = await settled(stage, "canary-stays")
    shown = {c for c in neighbours.placed if "." in c}  # the others are hashed or sealed
    before = await everything(stage)
    assert len({*found(before, flock.placed)}) >= 150

    certificate = await erased(stage, party.tenant_id, tmp_path / "records.jsonl")

    left = await everything(stage)
    print(f"SEC-45: {len(flock.placed)} canaries, {len([*found(left, flock.placed)])} left")
    assert [*found(left, flock.placed)] == []
    assert {*found(left, shown)} == {*found(before, shown)}
    assert await verdict(stage, party.tenant_id) is None
    assert await verdict(stage, other.tenant_id) is None
    assert await verdict(stage, HOUSE) is None
    assert {*certificate.rows} >= {h.name for h in HOLDINGS.values() if not h.outlives} - {"tenant_data_keys"}
    assert (certificate.data_keys, certificate.rows["tenants"]) == (1, 1)
    assert bool(certificate.cached) == bool(stage.rooms.settings.redis_url)
    if url := stage.rooms.settings.redis_url:
        assert {*found(cached(url), {party.tenant_id, party.key_id, other.key_id})} == {other.key_id}


async def test_its_keys_open_nothing_and_the_neighbours_do(stage: Stage, tmp_path: Path) -> None:
    party, _ = await settled(stage, "gone")
    other, _ = await settled(stage, "stays")

    await erased(stage, party.tenant_id, tmp_path / "records.jsonl")
    stage.rooms.api_keys._recent.forget_where(lambda _: True)  # two seconds later

    assert (await stage.call("GET", "/v1/connections", party)).status_code == 401
    assert (await stage.call("GET", "/v1/accounting/company", other)).status_code == 200


class TestWhatHasToBeKept:
    """A trail and a journal inside their retention are not erased but handed over."""

    async def test_without_an_archive_it_is_refused(self, stage: Stage) -> None:
        party, _ = await settled(stage, "kept")

        with pytest.raises(LaunchError, match=r"kontor audit export .*--exported FILE --confirm"):
            await erasing.erase(stage.rooms, party.tenant_id, None, party.tenant_id, quiet_s=0)
        assert (await stage.call("GET", "/v1/connections", party)).status_code == 200

    async def test_without_a_confirmation_it_is_refused(self, stage: Stage, tmp_path: Path) -> None:
        party, _ = await settled(stage, "kept")
        await erasing.export_records(stage.rooms, party.tenant_id, tmp_path / "a.jsonl")

        for confirmed in (None, "ten_other"):
            with pytest.raises(LaunchError, match="cannot be undone"):
                await erasing.erase(stage.rooms, party.tenant_id, tmp_path / "a.jsonl", confirmed, quiet_s=0)

    async def test_an_archive_from_before_the_last_entry_will_not_do(
        self, stage: Stage, tmp_path: Path
    ) -> None:
        party, _ = await settled(stage, "kept")
        await erasing.export_records(stage.rooms, party.tenant_id, tmp_path / "a.jsonl")
        await stage.call("POST", "/v1/api-keys", party, json={"name": "late", "scopes": ["read"]})

        with pytest.raises(LaunchError, match="recorded since"):
            await erasing.erase(
                stage.rooms, party.tenant_id, tmp_path / "a.jsonl", party.tenant_id, quiet_s=0
            )

    async def test_what_comes_while_its_keys_end_is_not_lost(
        self, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        party, _ = await settled(stage, "kept")
        await erasing.export_records(stage.rooms, party.tenant_id, tmp_path / "a.jsonl")
        wrap_apart = stage.rooms.vault.wrap_apart

        async def late() -> int:
            async with stage.rooms.database.write() as session:
                entry = {"actor": "kontor", "action": "connection.degraded", "object_type": "connection"}
                whose = {"tenant_id": party.tenant_id, "object_id": party.connection_id}
                at = stage.rooms.ambient.clock.now()
                await record(session, **entry, **whose, detail={}, request_id=None, at=at)
            return await wrap_apart()

        monkeypatch.setattr(stage.rooms.vault, "wrap_apart", late)
        with pytest.raises(LaunchError, match="recorded since"):
            await erasing.erase(
                stage.rooms, party.tenant_id, tmp_path / "a.jsonl", party.tenant_id, quiet_s=0
            )
        async with stage.rooms.database.read() as session:
            assert await stage.rooms.directory.tenant(session, party.tenant_id) is not None

    async def test_somebody_elses_archive_will_not_do(self, stage: Stage, tmp_path: Path) -> None:
        party, _ = await settled(stage, "kept")
        other, _ = await settled(stage, "other")
        await erasing.export_records(stage.rooms, other.tenant_id, tmp_path / "a.jsonl")

        with pytest.raises(LaunchError, match=f"is of {other.tenant_id}"):
            await erasing.erase(
                stage.rooms, party.tenant_id, tmp_path / "a.jsonl", party.tenant_id, quiet_s=0
            )

    async def test_what_is_old_enough_needs_none(self, stage: Stage) -> None:
        tenant_id = await stage.tenant("Muster")

        written = await erasing.erase(stage.rooms, tenant_id, None, tenant_id, quiet_s=0)

        assert certificates.read(written).handed_over is None


class TestAnArchive:
    """Proves what it holds."""

    @pytest.fixture
    async def file(self, stage: Stage, tmp_path: Path) -> Path:
        party, _ = await settled(stage, "kept")
        await erasing.export_records(stage.rooms, party.tenant_id, tmp_path / "a.jsonl")
        return tmp_path / "a.jsonl"

    def read(self, stage: Stage, lines: list[bytes]) -> archive.Archive:
        return archive.read(lines, stage.rooms.lookup)

    async def test_holds_every_entry_and_every_write_but_nothing_sealed(
        self, stage: Stage, file: Path
    ) -> None:
        told = [json.loads(line) for line in file.read_text().splitlines()]
        kinds = [one["kind"] for one in told]
        async with stage.rooms.database.read() as session:
            trail = (await session.execute(select(audit_events).order_by(audit_events.c.sequence))).all()
        own = [row for row in trail if row.tenant_id == told[0]["tenantId"]]

        assert [one["hash"] for one in told if one["kind"] == "entry"] == [row.hash.hex() for row in own]
        assert kinds == ["archive", *["entry"] * len(own), "write", "end"]
        assert told[-2]["row"]["upstream_id"] == "kept.write_journal.upstream_id"
        assert not any(name.endswith("_sealed") for name in told[-2]["row"])

    async def test_every_line_counts(self, stage: Stage, file: Path) -> None:
        lines = file.read_bytes().splitlines(keepends=True)
        assert self.read(stage, lines).entries == len(lines) - 3

        for at in range(len(lines)):
            with pytest.raises(BadArchive):
                self.read(stage, lines[:at] + lines[at + 1 :])
            with pytest.raises(BadArchive):
                self.read(stage, [*lines[:at], lines[at].replace(b'"', b'" ', 1), *lines[at + 1 :]])
        with pytest.raises(BadArchive):
            self.read(stage, [*lines, lines[-1]])
        with pytest.raises(BadArchive):
            self.read(stage, [b"\xff\n"])

    async def test_is_no_proof_under_another_key_file(self, file: Path) -> None:
        from gateway.tenants.lookup import LookupHash

        with pytest.raises(BadArchive, match="key file"):
            archive.read(file.read_bytes().splitlines(keepends=True), LookupHash(b"t" * 32))

    async def test_a_trail_that_was_tampered_with_before_is_none(
        self, stage: Stage, file: Path, tmp_path: Path
    ) -> None:
        tenant_id = json.loads(file.read_text().splitlines()[0])["tenantId"]
        untie = {
            "sqlite": "DROP TRIGGER audit_events_no_update",
            "postgresql": "DROP TRIGGER audit_events_append_only ON audit_events",
        }
        from sqlalchemy import text

        async with stage.rooms.database.write() as session:
            await session.execute(text(untie[stage.rooms.database.dialect]))
            second = (audit_events.c.tenant_id == tenant_id, audit_events.c.sequence == 2)
            await session.execute(update(audit_events).where(*second).values(actor="somebody"))

        with pytest.raises(LaunchError, match="broken at entry 2"):
            await erasing.export_records(stage.rooms, tenant_id, tmp_path / "b.jsonl")


class TestTheCertificate:
    """Says what was destroyed, is kept, and is signed."""

    async def test_tells_the_archive_and_where_the_trail_ended(self, stage: Stage, tmp_path: Path) -> None:
        party, _ = await settled(stage, "gone")
        file = tmp_path / "a.jsonl"
        certificate = await erased(stage, party.tenant_id, file)
        proof = archive.read(file.read_bytes().splitlines(keepends=True), stage.rooms.lookup)

        assert certificate.handed_over is not None
        assert certificate.handed_over.sha256 == proof.sha256
        assert (certificate.trail_sequence, bytes.fromhex(certificate.trail_hash)) == (
            proof.head.sequence,
            proof.head.hash,
        )
        assert certificates.is_ours(certificate, stage.rooms.lookup)
        kept = await erasing.certificate(stage.rooms, party.tenant_id)
        assert certificates.read(kept) == certificate

    async def test_stands_in_the_houses_trail(self, stage: Stage, tmp_path: Path) -> None:
        party, _ = await settled(stage, "gone")
        certificate = await erased(stage, party.tenant_id, tmp_path / "a.jsonl")

        async with stage.rooms.database.read() as session:
            house = select(audit_events).where(audit_events.c.object_id == party.tenant_id)
            entries = (await session.execute(house.order_by(audit_events.c.sequence))).all()
        assert [(e.tenant_id, e.action) for e in entries] == [
            (HOUSE, "tenant.keys_ended"),
            (HOUSE, "tenant.erased"),
        ]
        assert json.loads(entries[-1].detail) == {"certificate": certificate.id}

    async def test_that_was_changed_is_none(self, stage: Stage, tmp_path: Path) -> None:
        party, _ = await settled(stage, "gone")
        certificate = await erased(stage, party.tenant_id, tmp_path / "a.jsonl")
        forged = msgspec.structs.replace(certificate, cached=certificate.cached + 1)
        async with stage.rooms.database.write() as session:
            await session.execute(update(erasures).values(certificate=certificates.written(forged)))

        with pytest.raises(LaunchError, match="changed"):
            await erasing.certificate(stage.rooms, party.tenant_id)

    async def test_erasing_twice_gives_the_same(self, stage: Stage, tmp_path: Path) -> None:
        party, _ = await settled(stage, "gone")
        certificate = await erased(stage, party.tenant_id, tmp_path / "a.jsonl")

        again = await erasing.erase(stage.rooms, party.tenant_id, None, party.tenant_id, quiet_s=0)

        assert certificates.read(again) == certificate

    async def test_a_tenant_that_never_was_has_none(self, stage: Stage) -> None:
        with pytest.raises(LaunchError, match="no tenant ten_x"):
            await erasing.erase(stage.rooms, "ten_x", None, "ten_x", quiet_s=0)
        with pytest.raises(LaunchError, match="was not erased"):
            await erasing.certificate(stage.rooms, "ten_x")


async def test_what_a_gateway_still_logs_of_it_goes_soon(stage: Stage, tmp_path: Path) -> None:
    party, _ = await settled(stage, "gone")
    other, _ = await settled(stage, "stays")
    for one in (party, other):
        await stage.call("GET", "/v1/connections", one)
    await erased(stage, party.tenant_id, tmp_path / "a.jsonl")
    await stage.rooms.request_log.flush()  # the answers of before

    await erase_late_calls(stage.rooms.database)

    async with stage.rooms.database.read() as session:
        left = {*(await session.execute(select(request_log.c.tenant_id))).scalars()}
    assert left == {other.tenant_id}


async def test_nothing_in_a_backup_from_before_can_be_opened(tmp_path: Path) -> None:
    directory, copy = tmp_path / "data", tmp_path / "backup.db"
    directory.mkdir(mode=0o700)
    async with staged(directory) as stage:
        party, _ = await settled(stage, "gone")
        other, _ = await settled(stage, "stays")
        with sqlite3.connect(directory / "kontor.db") as source, sqlite3.connect(copy) as target:
            source.backup(target)
        await erased(stage, party.tenant_id, tmp_path / "a.jsonl")
        rooms, backup = stage.rooms, Database.open(f"sqlite+aiosqlite:///{copy}")
        vault = Vault(backup, rooms.vault._keyring, rooms.ambient)
        async with backup.read() as session:
            there = (await session.execute(select(func.count()).select_from(tenants))).scalar_one()
            with pytest.raises(Unavailable, match="data key"):
                await vault._read(session, party.tenant_id)
            assert await vault._read(session, other.tenant_id) is not None
        await backup.dispose()

    assert there == 2
    shutil.rmtree(directory)


async def test_a_write_without_a_clear_answer_needs_an_archive_whatever_its_age(
    stage: Stage,
) -> None:
    party, _ = await settled(stage, "kept")
    async with stage.rooms.database.write() as session:
        await session.execute(update(write_journal).values(state="unknown"))
        assert (await session.execute(delete(request_log))) is not None

    with pytest.raises(LaunchError, match="inside its retention"):
        await erasing.erase(stage.rooms, party.tenant_id, None, party.tenant_id, quiet_s=0)
