"""`kontor sync` beside a gateway that runs, and without one."""

import asyncio
from pathlib import Path

import pytest

from gateway.api.rooms import Rooms
from gateway.launch import LaunchError, syncing
from gateway.launch.syncing import synchronize
from tests.stage import staged

pytestmark = pytest.mark.anyio


async def test_it_ends_when_every_list_was_gone_through(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        party = await stage.party()
        path = f"/v1/connections/{party.connection_id}"
        await stage.call("PATCH", path, party, json={"keepsReplica": True})
        found = await _beside_a_worker(stage.rooms, party.tenant_id, party.connection_id)

        invoices = next(view for view in found if view.resource == "invoices")
        assert (invoices.complete, invoices.held, invoices.done) == (True, 6, 6)
        assert all(view.last_ended_at is not None for view in found)


async def _beside_a_worker(rooms: Rooms, tenant_id: str, id: str) -> list[syncing.SyncView]:
    async def work() -> None:
        await asyncio.sleep(0.2)
        while not await rooms.synchronizer.run(tenant_id, "test", id, "job_of_tests"):
            pass

    working = asyncio.create_task(work())
    found = await synchronize(rooms, id)
    await working
    return found


async def test_it_says_when_nobody_works_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing, "NOBODY_WORKS_S", 0.6)
    async with staged(tmp_path) as stage:
        party = await stage.party()
        with pytest.raises(LaunchError, match="keeps no replica"):
            await synchronize(stage.rooms, party.connection_id)
        path = f"/v1/connections/{party.connection_id}"
        await stage.call("PATCH", path, party, json={"keepsReplica": True})
        with pytest.raises(LaunchError, match="nobody works on it"):
            await synchronize(stage.rooms, party.connection_id)
        with pytest.raises(LaunchError, match="there is no connection"):
            await synchronize(stage.rooms, "con_of_nobody")
