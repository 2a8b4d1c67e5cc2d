"""A vendor that refuses a fresh token has not ended the grant: only its authorization server can."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.credentials.grants import Grant
from gateway.persistence.tables import connections
from sandbox.lexoffice.oauth import grants
from tests.stage import Party, Stage, staged

pytestmark = pytest.mark.anyio

READ = "/v1/accounting/invoices?limit=1&fields=summary"
REDIRECT = "http://127.0.0.1:8080/auth/callback/lexoffice-sandbox"


async def granted(stage: Stage) -> Party:
    """A caller with a connection over a grant that the twin renews."""
    twin, rooms = stage.twin.twin, stage.rooms
    app = stage.twin.identity.oauth
    client = twin.world.clients[app.client_id]
    code = grants.issue_code(
        twin,
        client,
        twin.world.organizations[stage.twin.identity.organizations[0].id],
        redirect_uri=REDIRECT,
        scopes=frozenset(client.scopes),
        challenge=None,
        connection_name="Kontor",
    )
    made = grants.redeem(twin, client, value=code.value, redirect_uri=REDIRECT, verifier="")
    party = await stage.party(partner=True)
    async with rooms.database.write() as session:
        await rooms.partner_apps.put(
            session, party.tenant_id, "lexoffice-sandbox", app.client_id, app.client_secret
        )
        connection = await rooms.connections.get(session, party.tenant_id, "test", party.connection_id)
        assert connection is not None
        grant = Grant(
            access_token=made.access_token or "",
            refresh_token=made.refresh_token,
            issued_at=rooms.ambient.clock.now(),
            expires_at=made.access_expires,
        )
        await rooms.tokens.store_grant(session, connection, grant)
    return party


async def state(stage: Stage, party: Party) -> str:
    async with stage.rooms.database.read() as session:
        found = select(connections.c.state).where(connections.c.id == party.connection_id)
        return (await session.execute(found)).scalar_one()


async def test_a_token_that_is_refused_twice_in_one_request_does_not_end_the_connection(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path) as stage:
        party = await granted(stage)
        stage.twin.twin.fault("status", path="/v1/*", status=401, times=2)

        refused = await stage.call("GET", READ, party)
        meanwhile = await state(stage, party)
        again = await stage.call("GET", READ, party)

        assert (refused.status_code, refused.json()["code"]) == (503, "upstream_unreachable")
        assert meanwhile == "connected"
        assert again.status_code == 200
        assert await state(stage, party) == "connected"


async def test_a_grant_that_was_withdrawn_ends_it_still(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        party = await granted(stage)
        twin = stage.twin.twin
        grant = next(each for each in twin.world.connections.values() if each.refresh_token)
        twin.revoke(grant.id)

        refused = await stage.call("GET", READ, party)

        assert (refused.status_code, refused.json()["code"]) == (424, "reconnect_required")
        assert await state(stage, party) == "reconnect_required"
