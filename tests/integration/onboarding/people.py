"""The two who take part in connecting: a tenant's program, and an end customer with a browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from html import unescape
from typing import Any, cast
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import msgspec

from gateway.ambient import Ambient, SystemClock, SystemRandomness, TimeSortedIds
from gateway.tenants.model import SCOPES, Environment
from tests.stage import Stage

TARGET = "lexoffice-sandbox"
RETURN_URL = "https://app.muster-software.example/kontor/return?via=kontor"
CALLBACK = f"/auth/callback/{TARGET}"


class ShiftedClock(SystemClock):
    """The machine's clock, some seconds ahead."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


def shifted() -> tuple[Ambient, ShiftedClock]:
    """Real surroundings, but for a clock that can be put forward."""
    clock, randomness = ShiftedClock(), SystemRandomness()
    return Ambient(clock=clock, randomness=randomness, ids=TimeSortedIds(clock, randomness)), clock


class Program(msgspec.Struct, kw_only=True):
    """A tenant's backend with an API key."""

    stage: Stage
    tenant_id: str
    api_key: str

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        headers = {"X-API-KEY": self.api_key, **more.pop("headers", {})}
        return await self.stage.client.request(method, path, headers=headers, **more)

    async def session(self, **body: Any) -> dict[str, Any]:
        """A new connect session: id, url, expiresAt."""
        answer = await self.call(
            "POST", "/v1/connect-sessions", json={"target": TARGET, "returnUrl": RETURN_URL, **body}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    async def outcome(self, session: dict[str, Any]) -> dict[str, Any]:
        """How the session stands."""
        answer = await self.call("GET", f"/v1/connect-sessions/{session['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def exchange(self, address: str) -> httpx2.Response:
        """Exchange the code in the address that the browser was sent to."""
        code = parse_qs(urlsplit(address).query)["code"][0]
        return await self.call("POST", "/v1/connections/exchange", json={"code": code})

    async def connections(self) -> list[dict[str, Any]]:
        return (await self.call("GET", "/v1/connections")).json()["data"]

    async def connection(self, id: str) -> dict[str, Any]:
        return (await self.call("GET", f"/v1/connections/{id}")).json()["data"]


async def program(
    stage: Stage,
    *,
    tenant_id: str | None = None,
    name: str = "Muster Software GmbH",
    environment: Environment = "test",
    target: str = TARGET,
    partner_app: bool = True,
    scopes: tuple[str, ...] = SCOPES,
) -> Program:
    """A tenant with a key, a registered return URL and the twin's client as its partner app."""
    rooms = stage.rooms
    tenant_id = tenant_id or await stage.tenant(name)
    client = stage.twin.identity.oauth
    async with rooms.database.write() as session:
        _, api_key = await rooms.api_keys.issue(session, tenant_id, environment, "Backend", scopes)
        await rooms.return_urls.add(session, tenant_id, environment, RETURN_URL)
        if partner_app:
            await rooms.partner_apps.put(session, tenant_id, target, client.client_id, client.client_secret)
    return Program(stage=stage, tenant_id=tenant_id, api_key=api_key)


class Person:
    """An end customer with a browser of their own: one jar of cookies, no redirect followed unseen."""

    def __init__(self, stage: Stage, client: httpx2.AsyncClient, vendor: httpx2.AsyncClient) -> None:
        self.stage = stage
        self.client = client
        self.vendor = vendor

    async def open(self, url: str, **more: Any) -> httpx2.Response:
        return await self.client.get(url, **more)

    async def press(self, url: str, method: str = "oauth", **fields: str) -> httpx2.Response:
        """Open the page and send one of its forms."""
        page = await self.open(url)
        return await self.send(url, form_of(page) | {"method": method} | fields)

    async def send(self, url: str, fields: dict[str, str]) -> httpx2.Response:
        return await self.client.post(url, data=fields)

    async def start(self, url: str) -> str:
        """Open the page and press the button; the vendor's address."""
        answer = await self.press(url)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def consent(self, address: str, *, allow: bool = True, company: int = 0) -> str:
        """Decide at the vendor; the address it sends the browser to."""
        page = await self.vendor.get(address)
        assert page.status_code == 200, page.text
        answer = await self.vendor.post(
            urlsplit(address).path,
            data=dict(parse_qsl(urlsplit(address).query))
            | {
                "decision": "allow" if allow else "deny",
                "organization": self.stage.twin.identity.organizations[company].id,
            },
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def grant(self, url: str, *, company: int = 0) -> httpx2.Response:
        """The whole way: open, press, consent, come back. The callback's answer."""
        return await self.open(await self.consent(await self.start(url), company=company))


@asynccontextmanager
async def person(stage: Stage) -> AsyncIterator[Person]:
    """A browser that has never been here."""
    async with (
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=cast(Any, stage.app), raise_app_exceptions=False),
            base_url=stage.rooms.settings.public_url,
        ) as client,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=stage.twin), base_url=stage.rooms.settings.twin_url
        ) as vendor,
    ):
        yield Person(stage, client, vendor)


def form_of(page: httpx2.Response) -> dict[str, str]:
    """The hidden fields of the page's first form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
    return {name: unescape(value) for name, value in found}


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address, each once."""
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
