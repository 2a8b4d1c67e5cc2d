"""Two gateways on one PostgreSQL: a customer's requests may meet either, and nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from gateway.app import build_app
from gateway.upstream.transport import Transports
from gateway.wiring import build_rooms
from tests.integration.onboarding.people import Person, Program, person, program, query_of
from tests.stage import Stage, staged

pytestmark = [pytest.mark.anyio, pytest.mark.needs("postgres")]


@pytest.fixture
async def gateways(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[Stage, Stage]]:
    async with staged(tmp_path, database_url=postgres_url) as first:
        rooms = build_rooms(first.rooms.settings, None, Transports(base=httpx2.ASGITransport(app=first.twin)))
        app = build_app(rooms)
        transport = httpx2.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
        async with (
            app.lifespan(),
            httpx2.AsyncClient(transport=transport, base_url=rooms.settings.public_url) as client,
        ):
            yield first, Stage(rooms=rooms, app=app, client=client, twin=first.twin)


@pytest.fixture
async def tenant(gateways: tuple[Stage, Stage]) -> Program:
    return await program(gateways[0])


@pytest.fixture
async def customers(gateways: tuple[Stage, Stage]) -> AsyncIterator[tuple[Person, Person]]:
    """One browser, with a line to each gateway and one jar of cookies."""
    async with person(gateways[0]) as first, person(gateways[1]) as second:
        second.client.cookies.jar = first.client.cookies.jar
        yield first, second


async def test_every_step_may_meet_another_gateway(
    tenant: Program, customers: tuple[Person, Person], gateways: tuple[Stage, Stage]
) -> None:
    here, there = customers
    session = await tenant.session()

    await here.open(session["url"])
    address = await here.consent(await there.start(session["url"]))
    back = await here.open(address)
    elsewhere = Program(stage=gateways[1], tenant_id=tenant.tenant_id, api_key=tenant.api_key)
    exchanged = await elsewhere.exchange(back.headers["location"])
    company = await tenant.call(
        "GET",
        "/v1/accounting/company",
        headers={"X-ACCOUNT-KEY": exchanged.json()["data"]["accountKey"]},
    )

    assert company.status_code == 200, company.text


async def test_a_callback_that_meets_both_makes_one_exchange(
    tenant: Program, customers: tuple[Person, Person], gateways: tuple[Stage, Stage]
) -> None:
    here, there = customers
    address = await here.consent(await here.start((await tenant.session())["url"]))

    answers = await asyncio.gather(*(who.open(address) for who in (here, there) * 4))

    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    assert len(gateways[0].twin.twin.ledger.of("POST", "/oauth2/token")) == 1
    assert len(await tenant.connections()) == 1


async def test_a_code_exchanged_at_both_is_exchanged_once(
    tenant: Program, customers: tuple[Person, Person], gateways: tuple[Stage, Stage]
) -> None:
    back = await customers[0].grant((await tenant.session())["url"])
    code = query_of(back.headers["location"])["code"]
    elsewhere = Program(stage=gateways[1], tenant_id=tenant.tenant_id, api_key=tenant.api_key)

    answers = await asyncio.gather(
        *(
            who.call("POST", "/v1/connections/exchange", json={"code": code})
            for who in (tenant, elsewhere) * 4
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_a_key_sent_twice_at_once_makes_one_connection(
    tenant: Program, customers: tuple[Person, Person], gateways: tuple[Stage, Stage]
) -> None:
    here, there = customers
    session = await tenant.session(method="api_key")
    await here.open(session["url"])
    key = gateways[0].twin.identity.organizations[0].api_key

    answers = await asyncio.gather(*(who.press(session["url"], "api_key", key=key) for who in (here, there)))

    assert sorted(answer.status_code for answer in answers) == [303, 410]
    assert len(await tenant.connections()) == 1


async def test_disconnecting_at_both_is_no_error(
    tenant: Program, customers: tuple[Person, Person], gateways: tuple[Stage, Stage]
) -> None:
    await customers[0].grant((await tenant.session())["url"])
    (connection,) = await tenant.connections()
    elsewhere = Program(stage=gateways[1], tenant_id=tenant.tenant_id, api_key=tenant.api_key)

    answers = await asyncio.gather(
        *(who.call("DELETE", f"/v1/connections/{connection['id']}") for who in (tenant, elsewhere))
    )

    assert [answer.status_code for answer in answers] == [204, 204]
    assert (await tenant.connection(connection["id"]))["state"] == "disconnected"


@pytest.mark.parametrize("id", ["%00", "con_%00", "a" * 3000, "%F0%9F%92%A9"])
async def test_an_id_that_the_database_could_not_hold_names_nothing(tenant: Program, id: str) -> None:
    assert (await tenant.call("GET", f"/v1/connections/{id}")).status_code == 404
    assert (await tenant.call("DELETE", f"/v1/api-keys/{id}")).status_code == 404
