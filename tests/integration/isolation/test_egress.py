"""SEC-6: credentials of one environment reach the hosts of that environment, by whatever route."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from gateway.upstream.transport import Transports
from tests.integration.isolation.test_isolation import NOWHERE, OPERATIONS, requests_with
from tests.stage import Party, Stage, staged

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SANDBOX = {"twin.test"}
PRODUCTION = {"api.lexware.io", "app.lexware.de"}


class Recorder(httpx2.AsyncBaseTransport):
    """Notes the host of each call, and lets the twin answer for all of them."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner
        self.hosts: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.hosts.append(request.url.host)
        return await self.inner.handle_async_request(request)


@pytest.fixture
async def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Stage, Recorder]]:
    recorders: list[Recorder] = []

    def recording(base: httpx2.AsyncBaseTransport) -> Transports:
        recorders.append(Recorder(base))
        return Transports(base=recorders[0])

    monkeypatch.setattr("tests.stage.Transports", recording)
    async with staged(tmp_path) as stage:
        yield stage, recorders[0]


async def through_every_route(stage: Stage, party: Party) -> int:
    """Call each operation once or more; how many calls that were."""
    tries = 0
    for operation in OPERATIONS:
        for request in requests_with(operation, NOWHERE):
            headers = {**request["headers"], **party.headers(**{"Idempotency-Key": f"egress-{tries}"})}
            await stage.client.request(**{**request, "headers": headers})
            tries += 1
    return tries


@pytest.mark.parametrize(
    ("environment", "target", "own"),
    [("test", "lexoffice-sandbox", SANDBOX), ("live", "lexoffice", PRODUCTION)],
)
async def test_no_route_leads_to_the_hosts_of_the_other_environment(
    recorded: tuple[Stage, Recorder], environment: str, target: str, own: set[str]
) -> None:
    stage, recorder = recorded
    party = await stage.party(environment=environment, target=target)  # pyright: ignore[reportArgumentType]

    tries = await through_every_route(stage, party)

    print(f"SEC-6: {tries} requests, {len(recorder.hosts)} calls to {sorted(set(recorder.hosts))}")
    assert set(recorder.hosts) <= own
    assert len(recorder.hosts) >= 20
    assert tries >= len(OPERATIONS)


async def test_an_account_key_of_the_other_environment_opens_nothing(
    recorded: tuple[Stage, Recorder],
) -> None:
    stage, recorder = recorded
    tenant = await stage.tenant()
    test = await stage.party(tenant)
    live = await stage.party(tenant, environment="live", target="lexoffice")

    for api_key, account_key in ((test.api_key, live.account_key), (live.api_key, test.account_key)):
        headers = {"X-API-KEY": api_key, "X-ACCOUNT-KEY": account_key}
        answer = await stage.client.get("/v1/accounting/company", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_connection")

    assert recorder.hosts == []
