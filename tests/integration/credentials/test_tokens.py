import asyncio
import json
import os
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.errors import ConnectionProblem, ReconnectNeeded, UpstreamUnreachable
from gateway.audit.log import entries, record
from gateway.credentials.connection_states import ConnectionStates
from gateway.credentials.grants import Grant
from gateway.credentials.keyring import Keyring
from gateway.errors import Unavailable
from gateway.onboarding.disconnect import Disconnect
from gateway.persistence.database import Database
from gateway.persistence.tables import credentials
from gateway.tenants.model import Connection, State
from tests.integration.credentials.office import TARGET, TIMED_OUT, Office, opened, watched
from tests.integration.credentials.token_server import TokenServer, answer
from tests.standing import Standing

pytestmark = pytest.mark.anyio

ROUNDS = 1000 if os.environ.get("TEST_LONG") else 15
"""REL-12 and REL-18 ask for 1,000: `TEST_LONG=1`."""


@pytest.fixture
def surroundings() -> Standing:
    return watched()


@pytest.fixture
def server() -> TokenServer:
    return TokenServer()


@pytest.fixture
def office(database: Database, keyring: Keyring, surroundings: Standing, server: TokenServer) -> Office:
    return opened(database, keyring, surroundings, server)


@pytest.fixture
async def connection(office: Office) -> Connection:
    return await office.connect(await office.tenant_with_app())


async def generation(database: Database) -> int:
    async with database.read() as session:
        return (await session.execute(select(credentials.c.generation))).scalar_one()


def said(status: int, **fields: object) -> tuple[int, dict[str, str], bytes]:
    """An answer of the token endpoint, for `Client.instead`."""
    code, body = answer(status, **fields)
    return code, {}, body


async def outcomes(calls: list[Awaitable[str]]) -> list[str | type[BaseException]]:
    """What each call came to: its header, or the class of its error."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in results]


class TestAttaching:
    async def test_a_fresh_token_is_attached_without_asking_anybody(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection)
        assert await office.authorization(connection) == f"Bearer {family.access}"
        assert office.server.calls == 0

    async def test_a_hit_in_memory_awaits_nothing(self, office: Office, connection: Connection) -> None:
        await office.grant(connection)
        current = await office.seen(connection)
        await office.tokens.authorization(current)

        with pytest.raises(StopIteration) as returned:
            office.tokens.authorization(current).send(None)
        assert office.server.accepts(returned.value.value)

    async def test_a_newer_generation_of_another_process_is_noticed(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        await office.grant(connection)
        await office.authorization(connection)
        newer = await elsewhere.grant(connection)

        assert await office.authorization(connection) == f"Bearer {newer.access}"

    async def test_a_key_is_attached_as_the_vendor_wants_it(self, office: Office) -> None:
        connection = await office.connect(await office.tenant_with_app(), "api_key")
        async with office.database.write() as session:
            await office.tokens.store_api_key(session, connection, "key-of-erika")

        assert await office.authorization(connection) == "Bearer key-of-erika"

    async def test_a_connection_without_a_credential_needs_a_reconnect(
        self, office: Office, connection: Connection
    ) -> None:
        with pytest.raises(ReconnectNeeded):
            await office.authorization(connection)

    async def test_the_database_holds_neither_tokens_nor_keys(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection)
        office.surroundings.clock.advance(14399)
        await office.authorization(connection)
        async with office.database.read() as session:
            row = (await session.execute(select(credentials))).one()

        stored = b"".join(value for value in row if isinstance(value, bytes)) + str(tuple(row)).encode()
        for secret in ("access-1", "refresh-1", family.refresh, family.access):
            assert secret.encode() not in stored


class TestRenewingAhead:
    async def test_a_token_is_renewed_at_the_margin_before_its_end(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection, lives_s=1000)
        before = await office.authorization(connection)
        office.surroundings.clock.advance(100)
        after = await office.authorization(connection)

        assert before == "Bearer access-1-0"
        assert after == f"Bearer {family.access}" == "Bearer access-1-1"
        assert office.server.rotations == 1

    async def test_it_asks_the_targets_token_endpoint_with_the_partner_app_and_the_timeout(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        await office.authorization(connection)

        assert office.client.urls == ["http://twin.localhost/oauth2/token"]
        assert office.client.forms == [{"grant_type": "refresh_token", "refresh_token": "refresh-1-0"}]
        assert office.client.timeouts_s == [70.0]  # nobody waits for so long, but it is listened to

    async def test_a_living_token_is_used_when_renewing_fails(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=800)
        office.client.instead = [TIMED_OUT]
        assert await office.authorization(connection) == "Bearer access-1-0"

    async def test_the_server_is_left_alone_for_thirty_seconds_after_a_failure(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=800)
        office.client.instead = [TIMED_OUT]
        await office.authorization(connection)
        office.surroundings.clock.advance(29.9)
        await office.authorization(connection)
        calls_while_resting = office.server.calls
        office.surroundings.clock.advance(0.2)
        renewed = await office.authorization(connection)

        assert calls_while_resting == 1
        assert (office.server.calls, renewed) == (2, "Bearer access-1-1")

    async def test_a_server_that_names_a_longer_time_is_left_alone_so_long(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=800)
        office.client.instead = [(429, {"retry-after": "120"}, b"")]
        await office.authorization(connection)
        office.surroundings.clock.advance(119)
        await office.authorization(connection)
        assert office.server.calls == 1

    async def test_another_process_leaves_it_alone_too(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        await office.grant(connection, lives_s=800)
        office.client.instead = [TIMED_OUT]
        await office.authorization(connection)

        assert await elsewhere.authorization(connection) == "Bearer access-1-0"
        assert office.server.calls == 1

    async def test_a_dead_token_that_cannot_be_renewed_says_how_long_to_wait_and_that_nothing_was_sent(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        office.client.instead = [TIMED_OUT]
        with pytest.raises(UpstreamUnreachable) as caught:
            await office.authorization(connection)

        assert (caught.value.retry_after_s, caught.value.sent_text) == (30.0, "no")
        assert (await office.seen(connection)).state == "connected"

    async def test_a_token_that_is_short_lived_is_renewed_once_a_request_and_no_more(
        self, office: Office, connection: Connection
    ) -> None:
        office.server.expires_in = 1
        await office.grant(connection, lives_s=0)
        assert await office.authorization(connection) == "Bearer access-1-1"
        assert office.server.rotations == 1

    async def test_no_transaction_counts_as_open_while_the_server_is_awaited(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        await office.authorization(connection)
        assert office.client.in_transaction == [False]

    async def test_others_can_write_while_the_server_is_awaited(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        written: list[str] = []

        async def write() -> None:
            async with office.database.write() as session:
                await office.connections.set_state(session, connection.id, "degraded", "meanwhile")
                written.append("yes")

        office.client.before = write
        await asyncio.wait_for(office.authorization(connection), 20)
        assert written == ["yes"]


class TestOneAtATime:
    async def test_fifty_requests_that_meet_a_dead_token_cause_one_renewal(
        self, office: Office, connection: Connection
    ) -> None:
        """REL-10 within one process."""
        await office.grant(connection, lives_s=0)
        headers = await asyncio.gather(*(office.authorization(connection) for _ in range(50)))

        assert set(headers) == {"Bearer access-1-1"}
        assert office.server.calls == 1

    async def test_fifty_requests_that_met_a_401_cause_one_renewal(
        self, office: Office, connection: Connection
    ) -> None:
        """REL-17 within one process."""
        await office.grant(connection)
        used = await office.authorization(connection)
        current = await office.seen(connection)
        headers = await asyncio.gather(*(office.tokens.refreshed_after_401(current, used) for _ in range(50)))

        assert set(headers) == {"Bearer access-1-1"}
        assert office.server.calls == 1

    async def test_who_comes_late_with_an_old_token_gets_the_present_one(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection)
        used = await office.authorization(connection)
        current = await office.seen(connection)
        first = await office.tokens.refreshed_after_401(current, used)
        late = await office.tokens.refreshed_after_401(current, used)

        assert first == late == "Bearer access-1-1"
        assert office.server.calls == 1

    async def test_a_new_request_during_a_forced_renewal_waits_for_its_token(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection)
        used = await office.authorization(connection)
        current = await office.seen(connection)
        headers = await asyncio.gather(
            office.tokens.refreshed_after_401(current, used), office.tokens.authorization(current)
        )

        assert headers == ["Bearer access-1-1"] * 2

    async def test_a_401_does_not_take_a_look_that_began_before_it_for_an_answer(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        await office.grant(connection)
        current = await office.seen(connection)
        forgetful = opened(office.database, keyring, office.surroundings, office.server)
        headers = await asyncio.gather(
            forgetful.tokens.authorization(current),
            forgetful.tokens.refreshed_after_401(current, "Bearer access-1-0"),
        )

        assert headers == ["Bearer access-1-0", "Bearer access-1-1"]

    async def test_a_server_that_gives_the_refused_token_again_is_asked_once(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection)
        used = await office.authorization(connection)
        current = await office.seen(connection)
        same = said(200, access_token="access-1-0", refresh_token="refresh-1-0", expires_in=14399)
        office.client.instead = [same] * 60
        headers = await asyncio.gather(*(office.tokens.refreshed_after_401(current, used) for _ in range(50)))

        assert set(headers) == {used}
        assert office.server.calls == 1

    async def test_a_token_that_is_refused_though_it_was_just_renewed_is_renewed_no_more_for_thirty_seconds(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        """REL-17: a vendor whose API refuses everything costs two token calls a minute, in all processes."""
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        await office.grant(connection)
        came_to: list[str | type[BaseException]] = []
        for _ in range(25):
            for process in (office, elsewhere):
                current = await process.seen(connection)
                used = await process.tokens.authorization(current)
                came_to += await outcomes([process.tokens.refreshed_after_401(current, used)])
        calls = office.server.calls
        office.surroundings.clock.advance(30)
        current = await office.seen(connection)
        again = await office.tokens.refreshed_after_401(current, await office.tokens.authorization(current))

        assert came_to == ["Bearer access-1-1"] + [UpstreamUnreachable] * 49
        assert (calls, again) == (1, "Bearer access-1-2")
        assert (await office.seen(connection)).state == "connected"

    async def test_requests_of_other_connections_renew_on_their_own(self, office: Office) -> None:
        tenant = await office.tenant_with_app()
        connections = [await office.connect(tenant) for _ in range(5)]
        for each in connections:
            await office.grant(each, lives_s=0)
        headers = await asyncio.gather(*(office.authorization(each) for each in connections))

        assert len(set(headers)) == 5
        assert office.server.rotations == 5

    @pytest.mark.parametrize("who", ["first", "second"])
    async def test_a_request_that_gives_up_does_not_end_the_renewal(
        self, office: Office, connection: Connection, who: str
    ) -> None:
        await office.grant(connection, lives_s=0)
        current = await office.seen(connection)
        left, go_on = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            left.set()
            await go_on.wait()

        office.client.after = hold
        first = asyncio.create_task(office.tokens.authorization(current))
        await left.wait()
        second = asyncio.create_task(office.tokens.authorization(current))
        await asyncio.sleep(0)
        impatient, patient = (first, second) if who == "first" else (second, first)
        impatient.cancel()
        await asyncio.sleep(0)
        go_on.set()

        assert await patient == "Bearer access-1-1"
        assert impatient.cancelled()
        assert office.server.calls == 1

    async def test_a_renewal_that_everybody_has_left_is_stored_before_the_process_ends(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        left, go_on = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            left.set()
            await go_on.wait()

        office.client.after = hold
        request = asyncio.create_task(office.authorization(connection))
        await left.wait()
        request.cancel()
        closing = asyncio.create_task(office.tokens.close())
        await asyncio.sleep(0)
        go_on.set()
        await closing

        assert await generation(office.database) == 2


class TestSlowServers:
    async def test_two_hundred_who_wait_for_a_server_that_times_out_cause_one_call(
        self, office: Office, connection: Connection
    ) -> None:
        """REL-13 within one process."""
        await office.grant(connection, lives_s=0)
        office.client.instead = [TIMED_OUT] * 200
        current = await office.seen(connection)
        results = await outcomes([office.tokens.authorization(current) for _ in range(200)])

        assert set(results) == {UpstreamUnreachable}
        assert office.server.calls == 1
        assert await generation(office.database) == 1

    async def test_an_answer_without_a_refresh_token_keeps_the_stored_one(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        office.client.instead = [said(200, access_token="lone", expires_in=1)]
        lone = await office.authorization(connection)
        office.surroundings.clock.advance(2)

        assert lone == "Bearer lone"
        assert await office.authorization(connection) == "Bearer access-1-1"
        assert office.client.forms[1]["refresh_token"] == "refresh-1-0"

    async def test_an_answer_with_a_refresh_token_alone_is_stored_for_the_next_try(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        office.client.instead = [said(200, refresh_token="refresh-lone")]
        results = await outcomes([office.authorization(connection)])
        await outcomes([office.authorization(connection)])

        assert results == [UpstreamUnreachable]
        assert office.client.forms[1]["refresh_token"] == "refresh-lone"


class TestTheVendorsLastWord:
    async def test_a_withdrawn_grant_ends_after_one_call(
        self, office: Office, connection: Connection
    ) -> None:
        """REL-12."""
        family = await office.grant(connection, lives_s=0)
        family.revoked = True
        results = await outcomes([office.authorization(connection) for _ in range(50)])
        results += await outcomes([office.authorization(connection)])

        assert set(results) == {ReconnectNeeded}
        assert office.server.calls == 1

    async def test_the_connection_says_since_when_and_why(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection, lives_s=0)
        family.revoked = True
        office.surroundings.clock.advance(5)
        await outcomes([office.authorization(connection)])

        after = await office.seen(connection)
        assert after.state == "reconnect_required"
        assert after.state_since == office.surroundings.clock.now()
        assert after.state_reason is not None
        assert "withdrawn" in after.state_reason

    async def test_another_process_learns_of_it_without_a_call(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        family = await office.grant(connection, lives_s=800)
        await elsewhere.authorization(connection)
        family.revoked = True
        office.surroundings.clock.advance(60)
        calls = office.server.calls
        results = await outcomes([office.authorization(connection), elsewhere.authorization(connection)])

        assert set(results) <= {ReconnectNeeded, "Bearer access-1-1"}
        assert office.server.calls - calls <= 1

    async def test_the_state_is_set_even_when_the_process_died_before_it_could(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        family = await office.grant(connection, lives_s=0)
        family.revoked = True
        await outcomes([office.authorization(connection)])
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "connected", None)
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        await outcomes([elsewhere.authorization(connection)])

        assert (await office.seen(connection)).state == "reconnect_required"
        assert office.server.calls == 1

    async def test_a_401_on_a_key_ends_the_connection_without_a_token_call(self, office: Office) -> None:
        connection = await office.connect(await office.tenant_with_app(), "api_key")
        async with office.database.write() as session:
            await office.tokens.store_api_key(session, connection, "key-1")
        current = await office.seen(connection)
        results = await outcomes([office.tokens.refreshed_after_401(current, "Bearer key-1")])

        assert results == [ReconnectNeeded]
        assert office.server.calls == 0
        assert (await office.seen(connection)).state == "reconnect_required"

    async def test_a_401_on_a_key_that_was_replaced_meanwhile_ends_nothing(self, office: Office) -> None:
        connection = await office.connect(await office.tenant_with_app(), "api_key")
        async with office.database.write() as session:
            await office.tokens.store_api_key(session, connection, "key-2")
        current = await office.seen(connection)

        assert await office.tokens.refreshed_after_401(current, "Bearer key-1") == "Bearer key-2"
        assert (await office.seen(connection)).state == "connected"

    async def test_an_ended_grant_without_a_refresh_token_needs_a_reconnect(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0, refresh_token=None)
        assert await outcomes([office.authorization(connection)]) == [ReconnectNeeded]
        assert office.server.calls == 0
        assert (await office.seen(connection)).state == "reconnect_required"

    async def test_a_disconnected_connection_stays_disconnected(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection, lives_s=0)
        family.revoked = True
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "disconnected", None)
        await outcomes([office.authorization(connection)])

        assert (await office.seen(connection)).state == "disconnected"

    async def test_a_new_authorization_works_again(self, office: Office, connection: Connection) -> None:
        family = await office.grant(connection, lives_s=0)
        family.revoked = True
        await outcomes([office.authorization(connection)])
        newer = await office.grant(connection)

        assert await office.authorization(connection) == f"Bearer {newer.access}"


class TestTheStateOfTheConnection:
    async def test_a_loss_is_in_the_audit_trail_once_whoever_finds_out_at_the_same_time(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        """REL-11: each loss shows."""
        others = [opened(office.database, keyring, office.surroundings, office.server) for _ in range(3)]
        family = await office.grant(connection, lives_s=0)
        family.revoked = True
        await outcomes([each.authorization(connection) for each in (office, *others)])
        async with office.database.read() as session:
            trail = await entries(session, connection.tenant_id)

        (loss,) = trail
        assert (loss.actor, loss.action, loss.object_id) == (
            "kontor",
            "connection.reconnect_required",
            connection.id,
        )
        assert "withdrawn" in loss.detail

    async def test_what_was_found_out_of_a_grant_says_nothing_of_a_newer_one(
        self, office: Office, connection: Connection
    ) -> None:
        """REL-18: the last word on the former grant comes after the new authorization."""
        await office.grant(connection)
        states = ConnectionStates(office.database, office.connections, office.surroundings)
        former = await office.seen(connection)
        await office.grant(connection)
        await states.turn(former, "reconnect_required", "withdrawn", generation=former.generation)
        async with office.database.read() as session:
            trail = await entries(session, connection.tenant_id)

        assert (await office.seen(connection)).state == "connected"
        assert trail == []

    @pytest.mark.parametrize("state", ["disconnected", "pending"])
    async def test_no_credential_brings_a_connection_back_that_was_ended_or_is_not_begun(
        self, office: Office, connection: Connection, state: State
    ) -> None:
        """SEC-16: else it would owe nobody its revocation any more."""
        await office.grant(connection)
        states = ConnectionStates(office.database, office.connections, office.surroundings)
        seen = await office.seen(connection)
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, state)
        await states.turn(seen, "degraded", "refused", generation=seen.generation)
        await states.turn(seen, "reconnect_required", "withdrawn", generation=seen.generation)

        assert (await office.seen(connection)).state == state


class TestLosingARace:
    async def test_who_loses_a_race_uses_what_the_winner_stored(
        self, tmp_path: Path, migrated_file: Path, keyring: Keyring, surroundings: Standing
    ) -> None:
        """REL-12 where no row lock keeps the winner away: its refresh voids the token that is on its way."""
        shutil.copyfile(migrated_file, tmp_path / "race.db")
        database = Database.open(f"sqlite:///{tmp_path / 'race.db'}")
        server = TokenServer(reuse_ends_all=False)
        loser, winner = (opened(database, keyring, surroundings, server) for _ in range(2))
        connection = await loser.connect(await loser.tenant_with_app())

        async def overtake() -> None:
            await winner.authorization(connection)

        loser.client.before = overtake
        recovered = 0
        for _ in range(ROUNDS):
            family = await loser.grant(connection, lives_s=0)
            recovered += await loser.authorization(connection) == f"Bearer {family.access}"
        state = (await loser.seen(connection)).state
        await database.dispose()

        assert (recovered, state) == (ROUNDS, "connected")
        assert (server.calls, server.rotations) == (2 * ROUNDS, ROUNDS)


class TestANewAuthorizationDuringARenewal:
    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("forced", [False, True])
    async def test_the_newer_grant_survives(
        self, office: Office, connection: Connection, moment: str, forced: bool
    ) -> None:
        """REL-18, at each point where another task can come between."""
        await office.grant(connection, lives_s=14399 if forced else 0)
        used = "Bearer access-1-0"
        current = await office.seen(connection)
        reconnecting: list[asyncio.Task[object]] = []

        async def reconnect() -> None:
            office.client.before = office.client.after = None
            reconnecting.append(asyncio.create_task(office.grant(connection)))
            for _ in range(200):  # on SQLite it is stored now; on PostgreSQL it waits for the row
                await asyncio.sleep(0.001 if office.database.dialect == "sqlite" else 0)

        setattr(office.client, moment, reconnect)
        call = (
            office.tokens.refreshed_after_401(current, used)
            if forced
            else office.tokens.authorization(current)
        )
        await outcomes([call])
        await asyncio.gather(*reconnecting)

        assert await office.authorization(connection) == "Bearer access-2-0"
        assert office.server.accepts("Bearer access-2-0")

    async def test_at_any_moment(
        self, office: Office, connection: Connection, keyring: Keyring, request: pytest.FixtureRequest
    ) -> None:
        """REL-18 at random moments and with a second process."""
        seed = request.config.getoption("randomly_seed", 1)
        chance = random.Random(f"{seed}")
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        reversals = 0
        for _ in range(ROUNDS):
            await office.grant(connection, lives_s=0)

            async def reconnect(after_s: float) -> str:
                await asyncio.sleep(after_s)
                return (await office.grant(connection)).refresh

            async def ask(process: Office, after_s: float) -> str:
                await asyncio.sleep(after_s)
                return await process.authorization(connection)

            newest, *_ = await asyncio.gather(
                reconnect(chance.uniform(0, 0.01)),
                ask(office, chance.uniform(0, 0.005)),
                ask(elsewhere, chance.uniform(0, 0.005)),
                return_exceptions=True,
            )
            header = await office.authorization(connection)
            reversals += header != f"Bearer {newest}".replace("refresh", "access")

        assert reversals == 0, f"seed {seed}"

    async def test_generations_only_grow(self, office: Office, connection: Connection) -> None:
        seen: list[int] = []
        for _ in range(3):
            await office.grant(connection, lives_s=0)
            seen.append(await generation(office.database))
            await office.authorization(connection)
            seen.append(await generation(office.database))
        async with office.database.write() as session:
            await office.tokens.forget(session, connection.id)
        seen.append(await generation(office.database))
        await office.grant(connection)
        seen.append(await generation(office.database))

        assert seen == [1, 2, 3, 4, 5, 6, 7, 8]


class FailingDatabase(Database):
    """Fails at the end of the transactions that a test wants to fail, before or after the commit."""

    fail_before = 0
    fail_after = 0

    @asynccontextmanager
    async def _ending(self, transaction: Callable[[], object]) -> AsyncIterator[AsyncSession]:
        async with transaction() as session:  # pyright: ignore[reportGeneralTypeIssues]
            yield session
            if FailingDatabase.fail_before:
                FailingDatabase.fail_before -= 1
                raise Unavailable("The database does not answer.")
        if FailingDatabase.fail_after:
            FailingDatabase.fail_after -= 1
            raise Unavailable("The database does not answer.")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with self._ending(super().write) as session:
            yield session

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[AsyncSession]:
        async with self._ending(super().lead) as session:
            yield session


@pytest.fixture
async def shaky(
    database_url: str, keyring: Keyring, surroundings: Standing, server: TokenServer
) -> AsyncIterator[Office]:
    database = FailingDatabase.open(database_url)
    yield opened(database, keyring, surroundings, server)
    FailingDatabase.fail_before = FailingDatabase.fail_after = 0
    await database.dispose()


class TestACommitThatFails:
    """REL-11: a rotated token that could not be stored is not lost."""

    @staticmethod
    def fail(office: Office, before: int = 0, after: int = 0) -> None:
        async def now() -> None:
            office.client.after = None
            FailingDatabase.fail_before, FailingDatabase.fail_after = before, after

        office.client.after = now

    async def test_once_is_tried_again_at_once(self, shaky: Office) -> None:
        connection = await shaky.connect(await shaky.tenant_with_app())
        await shaky.grant(connection, lives_s=0)
        self.fail(shaky, before=1)

        assert await shaky.authorization(connection) == "Bearer access-1-1"
        assert await generation(shaky.database) == 2
        assert shaky.server.calls == 1

    async def test_again_and_again_fails_the_request_loudly_and_keeps_the_grant(self, shaky: Office) -> None:
        connection = await shaky.connect(await shaky.tenant_with_app())
        await shaky.grant(connection, lives_s=0)
        self.fail(shaky, before=3)
        results = [(await outcomes([shaky.authorization(connection)]))[0] for _ in range(3)]

        assert results == [Unavailable, Unavailable, "Bearer access-1-1"]
        assert await generation(shaky.database) == 2
        assert shaky.server.calls == 1

    async def test_whose_answer_alone_was_lost_does_no_harm(self, shaky: Office) -> None:
        """REL-27 for tokens."""
        connection = await shaky.connect(await shaky.tenant_with_app())
        await shaky.grant(connection, lives_s=0)
        self.fail(shaky, after=1)

        assert await shaky.authorization(connection) == "Bearer access-1-1"
        assert await generation(shaky.database) == 2
        assert shaky.server.calls == 1

    async def test_is_made_good_when_the_database_is_back_though_nobody_asks(self, shaky: Office) -> None:
        """Another process that asks before would burn the grant."""
        connection = await shaky.connect(await shaky.tenant_with_app())
        await shaky.grant(connection, lives_s=0)
        self.fail(shaky, before=2)
        await outcomes([shaky.authorization(connection)])
        shaky.surroundings.clock.advance(1)
        for _ in range(500):
            if await generation(shaky.database) == 2:
                break
            await asyncio.sleep(0.01)

        assert await generation(shaky.database) == 2

    async def test_is_made_good_when_the_process_ends(self, shaky: Office) -> None:
        connection = await shaky.connect(await shaky.tenant_with_app())
        await shaky.grant(connection, lives_s=0)
        self.fail(shaky, before=2)
        await outcomes([shaky.authorization(connection)])
        await shaky.tokens.close()

        assert await generation(shaky.database) == 2

    async def test_does_not_bring_back_an_older_grant_over_a_newer_one(
        self, shaky: Office, keyring: Keyring
    ) -> None:
        connection = await shaky.connect(await shaky.tenant_with_app())
        elsewhere = opened(shaky.database, keyring, shaky.surroundings, shaky.server)
        await shaky.grant(connection, lives_s=0)
        self.fail(shaky, before=2)
        await outcomes([shaky.authorization(connection)])
        await elsewhere.grant(connection)

        assert await shaky.authorization(connection) == "Bearer access-2-0"
        assert await elsewhere.authorization(connection) == "Bearer access-2-0"


class TestTheGrantBefore:
    async def test_is_tried_once_when_the_server_has_forgotten_the_one_it_just_gave(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection, lives_s=0)
        used = await office.authorization(connection)
        family.access, family.refresh = "access-1-0", "refresh-1-0"  # restored from before the renewal
        current = await office.seen(connection)
        calls = office.server.calls
        header = await office.tokens.refreshed_after_401(current, used)

        assert office.server.accepts(header)
        assert office.server.calls - calls == 2
        assert (await office.seen(connection)).state == "connected"

    async def test_is_not_tried_when_the_renewal_is_older_than_a_minute(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection, lives_s=0)
        used = await office.authorization(connection)
        family.revoked = True
        office.surroundings.clock.advance(61)
        calls = office.server.calls
        results = await outcomes([office.tokens.refreshed_after_401(await office.seen(connection), used)])

        assert results == [ReconnectNeeded]
        assert office.server.calls - calls == 1

    async def test_costs_one_call_more_at_most(self, office: Office, connection: Connection) -> None:
        family = await office.grant(connection, lives_s=0)
        used = await office.authorization(connection)
        family.revoked = True
        calls = office.server.calls
        results = await outcomes([office.tokens.refreshed_after_401(await office.seen(connection), used)])
        results += await outcomes([office.authorization(connection)])

        assert results == [ReconnectNeeded] * 2
        assert office.server.calls - calls == 2


class TestThePartnerApp:
    async def test_without_one_the_caller_is_told_what_to_do(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        async with office.database.write() as session:
            await office.partner_apps.remove(session, connection.tenant_id, TARGET)
        with pytest.raises(ConnectionProblem) as caught:
            await office.authorization(connection)

        assert not isinstance(caught.value, ReconnectNeeded)
        assert "/credentials" in caught.value.hint_text
        assert (await office.seen(connection)).state == "degraded"

    @pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
    async def test_a_refused_one_ends_no_grant(
        self, office: Office, connection: Connection, error: str
    ) -> None:
        await office.grant(connection, lives_s=0)
        office.client.instead = [said(401, error=error)]
        with pytest.raises(ConnectionProblem) as caught:
            await office.authorization(connection)

        assert caught.value.upstream is not None
        assert caught.value.upstream.code == error
        assert (await office.seen(connection)).state == "degraded"

    async def test_a_repaired_one_makes_the_connection_whole(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        office.client.instead = [said(401, error="invalid_client")]
        await outcomes([office.authorization(connection)])
        office.surroundings.clock.advance(31)

        assert await office.authorization(connection) == "Bearer access-1-1"
        after = await office.seen(connection)
        assert (after.state, after.state_reason) == ("connected", None)

    async def test_a_living_token_is_used_meanwhile_but_the_connection_says_so(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=800)
        office.client.instead = [said(401, error="invalid_client")]

        assert await office.authorization(connection) == "Bearer access-1-0"
        assert (await office.seen(connection)).state == "degraded"

    async def test_a_connection_that_is_degraded_for_another_reason_stays_so(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "degraded", "the plan lapsed")
        await office.authorization(connection)

        assert (await office.seen(connection)).state == "degraded"


class TestDisconnecting:
    async def test_the_refresh_token_is_revoked_at_the_vendor(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection)
        assert await office.tokens.revoke_upstream(await office.seen(connection))

        assert family.revoked
        assert office.client.urls == ["http://twin.localhost/oauth2/revoke"]
        assert office.client.forms == [{"token": "refresh-1-0"}]

    async def test_nobody_renews_a_revoked_grant(self, office: Office, connection: Connection) -> None:
        await office.grant(connection)
        await office.authorization(connection)
        await office.tokens.revoke_upstream(await office.seen(connection))
        calls = office.server.calls

        assert await outcomes([office.authorization(connection)]) == [ReconnectNeeded]
        assert office.server.calls == calls

    async def test_a_token_that_was_renewed_meanwhile_is_revoked_too(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        await office.grant(connection, lives_s=0)
        renewing: list[asyncio.Task[str]] = []

        async def renew() -> None:
            office.client.before = None
            renewing.append(asyncio.create_task(elsewhere.authorization(connection)))
            if office.database.dialect == "sqlite":
                await asyncio.wait(renewing)

        office.client.before = renew
        assert await office.tokens.revoke_upstream(await office.seen(connection))
        await asyncio.gather(*renewing, return_exceptions=True)

        assert all(family.revoked for family in office.server.families)

    async def test_a_grant_that_was_authorized_anew_is_not_revoked_for_the_one_before(
        self, office: Office, connection: Connection
    ) -> None:
        """REL-18, SEC-16: a revocation that was owed comes after the end customer has connected again."""
        await office.grant(connection)
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "disconnected")
        owed = await office.seen(connection)
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "connected")
        newer = await office.grant(connection)

        assert not await office.tokens.revoke_upstream(owed)
        assert not newer.revoked
        assert await office.authorization(connection) == f"Bearer {newer.access}"

    async def test_a_token_that_comes_after_the_revocation_is_kept_to_be_revoked_too(
        self, office: Office, connection: Connection
    ) -> None:
        """SEC-16: the answer to a renewal that was under way holds a token that nobody has revoked."""
        family = await office.grant(connection, lives_s=0)
        rotated, answer_now = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            rotated.set()
            await answer_now.wait()

        office.client.after = hold
        renewing = asyncio.create_task(office.authorization(connection))
        await rotated.wait()
        office.client.after = None
        office.surroundings.clock.advance(10)  # the row is free, the answer is listened for
        assert await outcomes([renewing]) == [UpstreamUnreachable]
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "disconnected")
        ended = await office.seen(connection)
        await office.tokens.revoke_upstream(ended)
        async with office.database.write() as session:
            await office.tokens.forget(session, connection.id)
        alive_after_the_first = not family.revoked
        answer_now.set()
        await office.tokens.close()
        await office.tokens.revoke_upstream(await office.seen(connection))

        assert alive_after_the_first
        assert family.revoked

    async def test_a_reconnect_that_commits_while_the_old_credential_is_being_deleted_keeps_its_grant(
        self, office: Office, connection: Connection
    ) -> None:
        """REL-18, SEC-16."""
        await office.grant(connection)
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "disconnected")
            await office.partner_apps.remove(
                session, connection.tenant_id, TARGET
            )  # so nothing to revoke with

        async def unsubscribe(connection: Connection) -> None:
            """There is nothing to end."""

        disconnect = Disconnect(
            office.database, office.surroundings, office.connections, office.tokens, record, unsubscribe
        )
        family = office.server.authorize()
        now = office.surroundings.clock.now()
        newer = Grant(
            access_token=family.access, refresh_token=family.refresh, issued_at=now, expires_at=None
        )
        async with office.database.write() as session:
            await office.connections.set_state(session, connection.id, "connected")
            await office.tokens.store_grant(session, connection, newer)
            revoking = disconnect.revoke(connection.tenant_id, connection.environment, connection.id)
            settling = asyncio.create_task(revoking, context=Context())  # of its own
            await asyncio.wait([settling], timeout=0.5)  # it waits for this transaction
        await settling

        assert await office.authorization(connection) == f"Bearer {family.access}"

    async def test_a_process_that_knows_nothing_of_it_sends_the_token_for_half_a_minute_at_most(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        """SEC-16: work that holds on to what it has seen of the connection."""
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        await office.grant(connection)
        long_ago = await elsewhere.seen(connection)
        await elsewhere.tokens.authorization(long_ago)
        await office.tokens.revoke_upstream(await office.seen(connection))
        office.surroundings.clock.advance(30)

        assert await outcomes([elsewhere.tokens.authorization(long_ago)]) == [ReconnectNeeded]

    @pytest.mark.parametrize(
        "instead", [TIMED_OUT, (503, {}, b""), (401, {}, b'{"error": "invalid_client"}')], ids=str
    )
    async def test_a_vendor_that_does_not_answer_leaves_the_grant_to_be_revoked_later(
        self, office: Office, connection: Connection, instead: tuple[int, dict[str, str], bytes] | Exception
    ) -> None:
        family = await office.grant(connection)
        office.client.instead = [instead]
        with pytest.raises(UpstreamUnreachable):
            await office.tokens.revoke_upstream(await office.seen(connection))
        again = await office.tokens.revoke_upstream(await office.seen(connection))

        assert again
        assert family.revoked

    async def test_a_key_cannot_be_revoked_and_nobody_is_asked(self, office: Office) -> None:
        connection = await office.connect(await office.tenant_with_app(), "api_key")
        async with office.database.write() as session:
            await office.tokens.store_api_key(session, connection, "key-1")

        assert not await office.tokens.revoke_upstream(await office.seen(connection))
        assert office.server.calls == 0

    async def test_a_forgotten_credential_is_gone_from_the_database_and_from_memory(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        await office.authorization(connection)
        async with office.database.write() as session:
            await office.tokens.forget(session, connection.id)
        async with office.database.read() as session:
            row = (await session.execute(select(credentials))).one()

        assert (row.sealed, row.previous_sealed) == (None, None)
        assert await outcomes([office.authorization(connection)]) == [ReconnectNeeded]

    async def test_a_forgotten_credential_ends_in_another_process_with_the_next_look_at_the_connection(
        self, office: Office, connection: Connection, keyring: Keyring
    ) -> None:
        elsewhere = opened(office.database, keyring, office.surroundings, office.server)
        await office.grant(connection)
        await elsewhere.authorization(connection)
        async with office.database.write() as session:
            await office.tokens.forget(session, connection.id)

        assert await outcomes([elsewhere.authorization(connection)]) == [ReconnectNeeded]


class TestNothingLeaks:
    async def test_neither_logs_nor_errors_tell_a_secret(
        self, office: Office, connection: Connection
    ) -> None:
        family = await office.grant(connection, lives_s=0)
        office.client.instead = [
            (200, {}, json.dumps({"note": "refresh-1-0 access-1-0"}).encode()),
            said(400, error="refresh-1-0 is no good", error_description="secret refresh-1-0"),
        ]
        told: list[object] = []
        with structlog.testing.capture_logs() as lines:
            for _ in range(3):
                try:
                    told.append(len(await office.authorization(connection)))
                except Exception as error:
                    told.append((error, error.__cause__, vars(error)))
                office.surroundings.clock.advance(67)
            family.revoked = True
            await outcomes(
                [office.tokens.refreshed_after_401(await office.seen(connection), "Bearer access-1-1")]
            )

        assert len(lines) >= 6
        for secret in ("access-1", "refresh-1", "secret", "Basic"):
            assert secret not in repr((told, lines, office.tokens))

    async def test_every_token_call_is_one_log_line_with_what_an_operator_needs(
        self, office: Office, connection: Connection
    ) -> None:
        await office.grant(connection, lives_s=0)
        office.client.instead = [said(400, error="invalid_request")]
        with structlog.testing.capture_logs() as lines:
            await outcomes([office.authorization(connection)])

        calls = [line for line in lines if line["event"] == "token_call"]
        assert [(call["target"], call["purpose"], call["status"]) for call in calls] == [
            (TARGET, "refresh_token", 400)
        ]
        assert [line["error"] for line in lines if line["event"] == "token_call_failed"] == [
            "invalid_request"
        ]
