"""REL-17 over the whole gateway: a vendor whose API answers 401 whatever it is sent."""

import pytest

from sandbox.lexoffice.faults import Fault, Match
from tests.integration.onboarding.people import Person, Program, ShiftedClock
from tests.stage import Stage

pytestmark = pytest.mark.anyio

ALWAYS_401 = Fault(kind="status", status=401, match=Match(path="/v1/*"), times=None)
REQUESTS = 10


@pytest.fixture
async def connected(tenant: Program, customer: Person) -> dict[str, str]:
    back = await customer.grant((await tenant.session())["url"])
    data = (await tenant.exchange(back.headers["location"])).json()["data"]
    return {"id": data["connection"]["id"], "key": data["accountKey"]}


def token_calls(stage: Stage) -> int:
    return len(stage.twin.twin.ledger.of("POST", "/oauth2/token"))


async def test_an_endless_401_costs_two_calls_a_read_at_most_and_one_renewal_and_disconnects_nobody(
    tenant: Program, connected: dict[str, str], stage: Stage, clock: ShiftedClock
) -> None:
    headers = {"X-ACCOUNT-KEY": connected["key"]}
    stage.twin.twin.faults.add(ALWAYS_401)
    ledger, renewals = stage.twin.twin.ledger, token_calls(stage)
    calls: list[int] = []
    codes: set[tuple[int, str]] = set()
    for _ in range(REQUESTS):
        before = len(ledger.of("GET", "/v1/profile"))
        refused = await tenant.call("GET", "/v1/accounting/company", headers=headers)
        codes.add((refused.status_code, refused.json()["code"]))
        calls.append(len(ledger.of("GET", "/v1/profile")) - before)
    spent = token_calls(stage) - renewals
    state = (await tenant.connection(connected["id"]))["state"]
    stage.twin.twin.faults.clear()
    mended = await tenant.call("GET", "/v1/accounting/company", headers=headers)

    print(f"{REQUESTS} reads against an endless 401: {calls} calls, {spent} renewals")
    assert max(calls) <= 2
    assert spent == 1
    assert codes == {(503, "upstream_unreachable")}
    assert state == "connected"
    assert mended.status_code == 200


async def test_a_write_that_met_a_401_is_sent_once_more_and_booked_once(
    tenant: Program, connected: dict[str, str], stage: Stage, clock: ShiftedClock
) -> None:
    """A 401 proves that nothing was done, so the repeat cannot book twice."""
    contacts = Match(method="POST", path="/v1/contacts")
    stage.twin.twin.faults.add(Fault(kind="status", status=401, match=contacts, times=1))
    sent = len(stage.twin.twin.ledger.of("POST", "/v1/contacts"))
    made = await tenant.call(
        "POST",
        "/v1/accounting/customers",
        headers={"X-ACCOUNT-KEY": connected["key"], "Idempotency-Key": "k1"},
        json={"company": {"name": "Einmal GmbH"}},
    )

    assert made.status_code == 201, made.text
    assert len(stage.twin.twin.ledger.of("POST", "/v1/contacts")) - sent == 2


async def test_an_endless_401_costs_a_write_two_calls_and_its_key_may_be_used_again(
    tenant: Program, connected: dict[str, str], stage: Stage, clock: ShiftedClock
) -> None:
    stage.twin.twin.faults.add(ALWAYS_401)
    sent = len(stage.twin.twin.ledger.of("POST", "/v1/contacts"))

    async def write() -> int:
        made = await tenant.call(
            "POST",
            "/v1/accounting/customers",
            headers={"X-ACCOUNT-KEY": connected["key"], "Idempotency-Key": "k2"},
            json={"company": {"name": "Nochmal GmbH"}},
        )
        return made.status_code

    refused = await write()
    calls = len(stage.twin.twin.ledger.of("POST", "/v1/contacts")) - sent
    stage.twin.twin.faults.clear()
    again = await write()

    assert (refused, calls, again) == (503, 2, 201)
