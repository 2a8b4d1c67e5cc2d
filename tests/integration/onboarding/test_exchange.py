"""The one-time code: once, ten minutes, for the tenant and environment it was made for."""

import asyncio

import pytest

from tests.integration.onboarding.people import Person, Program, ShiftedClock, program, query_of
from tests.stage import Stage

pytestmark = pytest.mark.anyio

EXCHANGE = "/v1/connections/exchange"


@pytest.fixture
async def code(tenant: Program, customer: Person) -> str:
    return query_of((await customer.grant((await tenant.session())["url"])).headers["location"])["code"]


async def refusal(program: Program, code: str) -> tuple[int, str]:
    answer = await program.call("POST", EXCHANGE, json={"code": code})
    return answer.status_code, answer.json()["code"]


async def test_a_code_is_exchanged_once(tenant: Program, code: str) -> None:
    first = await tenant.call("POST", EXCHANGE, json={"code": code})

    assert first.json()["data"]["accountKey"].startswith("kontor_account_")
    assert await refusal(tenant, code) == (409, "code_used")


async def test_of_many_exchanges_at_once_one_gets_the_key(tenant: Program, code: str) -> None:
    answers = await asyncio.gather(*(tenant.call("POST", EXCHANGE, json={"code": code}) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_a_code_ends_after_ten_minutes(tenant: Program, code: str, clock: ShiftedClock) -> None:
    clock.ahead_s = 601

    assert await refusal(tenant, code) == (404, "unknown_code")


async def test_a_foreign_code_does_not_exist(tenant: Program, code: str, stage: Stage) -> None:
    other = await program(stage, name="Andere Software GmbH")

    foreign = await other.call("POST", EXCHANGE, json={"code": code})
    unknown = await other.call("POST", EXCHANGE, json={"code": "a" * 32})

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() | {"requestId": ""} == unknown.json() | {"requestId": ""}


async def test_a_code_does_not_exist_for_the_other_environment(
    tenant: Program, code: str, stage: Stage
) -> None:
    live = await program(stage, tenant_id=tenant.tenant_id, environment="live", target="lexoffice")

    assert await refusal(live, code) == (404, "unknown_code")


async def test_a_used_code_looks_unknown_to_others(tenant: Program, code: str, stage: Stage) -> None:
    other = await program(stage, name="Andere Software GmbH")
    await tenant.call("POST", EXCHANGE, json={"code": code})

    assert await refusal(other, code) == (404, "unknown_code")


async def test_a_refused_exchange_uses_nothing_up(tenant: Program, code: str, stage: Stage) -> None:
    await refusal(await program(stage, name="Andere Software GmbH"), code)

    assert (await tenant.call("POST", EXCHANGE, json={"code": code})).status_code == 200


async def test_a_code_of_a_disconnected_connection_does_not_exist(tenant: Program, code: str) -> None:
    (connection,) = await tenant.connections()
    await tenant.call("DELETE", f"/v1/connections/{connection['id']}")

    assert await refusal(tenant, code) == (404, "unknown_code")
