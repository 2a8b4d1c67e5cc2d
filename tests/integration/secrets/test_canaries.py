"""SEC-18: secrets of every kind go through success and failure; afterwards they are hunted everywhere."""

import logging
from collections.abc import AsyncIterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest
from prometheus_client import generate_latest

from gateway.telemetry.log import configure
from gateway.upstream.transport import Transports
from tests.integration.onboarding.people import TARGET, person, program, query_of
from tests.integration.secrets.hunting import found
from tests.stage import Stage, staged

pytestmark = pytest.mark.anyio

LEAST = 30
NAME, EMAIL, IBAN = (
    "Kanarienvogel-Zucht Federleicht",
    "federleicht@kanarien.example",
    "DE02120300000000202051",
)


class Eavesdropper(httpx2.AsyncBaseTransport):
    """Hears what goes to the vendor and back, and keeps the secrets among it."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, secrets: dict[str, str]) -> None:
        self.inner = inner
        self.secrets = secrets

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self.inner.handle_async_request(request)
        if request.url.path.startswith("/oauth2/"):
            sent = parse_qs((await request.aread()).decode())
            for name in ("code", "code_verifier", "refresh_token", "token"):
                self._keep(name, sent.get(name, [""])[0])
            content = await response.aread()
            if response.status_code == 200 and content:
                answer = msgspec.json.decode(content)
                for name in ("access_token", "refresh_token"):
                    self._keep(name, answer.get(name, ""))
            headers = {k: v for k, v in response.headers.items() if k != "content-encoding"}
            return httpx2.Response(response.status_code, headers=headers, content=content)
        return response

    def _keep(self, name: str, secret: str) -> None:
        if secret and secret not in self.secrets.values():
            self.secrets[f"{name} {len(self.secrets)}"] = secret


class Hunt(msgspec.Struct):
    """A stage on which everything is heard, and what was heard."""

    stage: Stage
    secrets: dict[str, str]
    refusals: list[str]
    log: StringIO
    directory: Path

    async def heard(self, response: httpx2.Response) -> httpx2.Response:
        """Keep what an error tells."""
        if response.status_code >= 400:
            self.refusals.append(f"{response.headers} {response.text}")
        return response

    def places(self) -> dict[str, bytes]:
        """Everything a secret must not be in."""
        database = {file.name: file.read_bytes() for file in self.directory.glob("kontor.db*")}
        return {
            **database,
            "log": self.log.getvalue().encode(),
            "errors": "\n".join(self.refusals).encode(),
            "metrics": generate_latest(self.stage.rooms.metrics.registry),
        }


@pytest.fixture
async def hunt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hunt]:
    secrets: dict[str, str] = {}
    monkeypatch.setattr("tests.stage.Transports", lambda base: Transports(base=Eavesdropper(base, secrets)))
    root = logging.getLogger()
    before = root.handlers[:], root.level
    async with staged(tmp_path, log_level="DEBUG") as stage:
        yield Hunt(stage=stage, secrets=secrets, refusals=[], log=StringIO(), directory=tmp_path)
    root.handlers[:], root.level = before


async def test_no_secret_is_anywhere_after_success_and_failure(hunt: Hunt) -> None:
    with redirect_stderr(hunt.log):  # here, since pytest puts its own in place for each phase of a test
        configure(hunt.stage.rooms.settings)
        await connect_and_book(hunt)
        await fail(hunt)
    await hunt.stage.rooms.request_log.flush()
    vault = msgspec.json.decode((hunt.directory / "vault.json").read_bytes())
    hunt.secrets["lookup key"] = vault["lookup"]
    for number, master in enumerate(vault["master"]):
        hunt.secrets[f"master key {number}"] = master["key"]
    print(f"SEC-18: {len(hunt.secrets)} canaries in {list(hunt.places())}")

    caught = {
        name: places for name, secret in hunt.secrets.items() if (places := found(secret, hunt.places()))
    }

    assert caught == {}
    assert len(hunt.secrets) >= LEAST
    assert len(hunt.refusals) >= 15
    assert len(hunt.log.getvalue()) > 5_000


async def connect_and_book(hunt: Hunt) -> None:
    """OAuth, API keys, account keys, writes: all that works."""
    stage, secrets = hunt.stage, hunt.secrets
    tenant = await program(stage)
    secrets["api key"] = tenant.api_key
    secrets["vendor api key"] = stage.twin.identity.organizations[0].api_key
    secrets["client secret"] = stage.twin.identity.oauth.client_secret
    body = {"clientId": "canary-client-id", "clientSecret": "canary client secret " + "x7Qp2Lm9" * 3}
    secrets["deposited secret"] = body["clientSecret"]
    other = await program(stage, partner_app=False)
    secrets["other api key"] = other.api_key
    await other.call("PUT", f"/v1/targets/{TARGET}/credentials", json=body)
    made = await tenant.call("POST", "/v1/api-keys", json={"name": "Zweiter", "scopes": ["read"]})
    secrets["second api key"] = made.json()["data"]["secret"]
    for company in (0, 1):
        async with person(stage) as customer:
            session = await tenant.session()
            secrets[f"link {company}"] = urlsplit(session["url"]).path.rpartition("/")[2]
            address = await customer.start(session["url"])
            secrets[f"state {company}"] = query_of(address)["state"]
            back = await customer.open(await customer.consent(address, company=company))
            secrets[f"browser {company}"] = next(iter(customer.client.cookies.jar)).value or ""
        location = back.headers["location"]
        secrets[f"one-time code {company}"] = query_of(location)["code"]
        exchanged = await tenant.exchange(location)
        secrets[f"account key {company}"] = exchanged.json()["data"]["accountKey"]
    async with person(stage) as customer:
        session = await tenant.session()
        secrets["link by key"] = urlsplit(session["url"]).path.rpartition("/")[2]
        await customer.press(session["url"], "api_key", key=secrets["vendor api key"])
    headers = {"X-ACCOUNT-KEY": secrets["account key 0"], "Idempotency-Key": "customer"}
    wanted = {
        "company": {"name": NAME, "vatId": "DE136695976"},
        "billingAddresses": [{"street": "Federweg 3", "city": "Vogelsang", "countryCode": "DE"}],
        "emails": {"business": [EMAIL]},
        "note": f"Konto {IBAN}",
    }
    for name, secret in (("customer", NAME), ("e-mail", EMAIL), ("IBAN", IBAN)):
        secrets[name] = secret
    created = await tenant.call("POST", "/v1/accounting/customers", json=wanted, headers=headers)
    assert created.status_code == 201, created.text
    stage.twin.twin.advance(5 * 3600)
    renewed = await tenant.call("GET", "/v1/accounting/company", headers=headers)
    assert renewed.status_code == 200, renewed.text


async def fail(hunt: Hunt) -> None:
    """Everything that can go wrong with a secret in hand."""
    stage, secrets = hunt.stage, hunt.secrets
    tenant = await program(stage)
    secrets["third api key"] = tenant.api_key
    secrets["wrong api key"] = "kontor_test_" + "Zq8Wv3Nk" * 4
    secrets["wrong account key"] = "kontor_account_" + "Hy6Tb1Rs" * 4
    secrets["wrong vendor key"] = "Mu4Xc9Pd" * 5
    secrets["malformed vendor key"] = "kanarien schlüssel mit leerzeichen"
    secrets["wrong code"] = "Jf5Gz2Vq" * 4
    secrets["wrong state"] = "Ne7Ks3Yw" * 4
    good = {"X-API-KEY": secrets["api key"], "X-ACCOUNT-KEY": secrets["account key 0"]}
    for headers in (
        {"X-API-KEY": secrets["wrong api key"]},
        {"X-API-KEY": secrets["second api key"]},
        {**good, "X-ACCOUNT-KEY": secrets["wrong account key"]},
        {"X-API-KEY": secrets["api key"]},
    ):
        await hunt.heard(await stage.client.get("/v1/accounting/invoices/x", headers=headers))
    bad: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/v1/accounting/customers", {"company": {"name": NAME, "vat": IBAN}}),
        ("POST", "/v1/accounting/customers", {"company": {"name": NAME}, "emails": {"business": [EMAIL, 1]}}),
        ("POST", "/v1/accounting/suppliers", {"person": {"lastName": NAME}, "company": {"name": NAME}}),
        ("POST", "/v1/connections/exchange", {"code": secrets["wrong code"]}),
        ("POST", "/v1/connections/exchange", {"code": secrets["one-time code 0"]}),
        (
            "PUT",
            f"/v1/targets/{TARGET}/credentials",
            {"clientId": 1, "clientSecret": secrets["deposited secret"]},
        ),
        ("GET", f"/v1/accounting/customers?nam={NAME}", None),
        ("GET", f"/auth/callback/{TARGET}?state={secrets['wrong state']}&code={secrets['wrong code']}", None),
    )
    for number, (method, path, body) in enumerate(bad):
        headers = {**good, "Idempotency-Key": f"bad-{number}"}
        await hunt.heard(await stage.client.request(method, path, headers=headers, json=body))
    async with person(stage) as customer:
        for key in (secrets["wrong vendor key"], secrets["malformed vendor key"]):
            session = await tenant.session()
            await hunt.heard(await customer.press(session["url"], "api_key", key=key))
    await trouble_at_the_vendor(hunt, good)


async def trouble_at_the_vendor(hunt: Hunt, good: dict[str, str]) -> None:
    """Broken answers that hold secrets, a lost write, dead tokens, and a bug of ours."""
    stage = hunt.stage
    twin = stage.twin.twin
    echo = f'{{"message": "{NAME} {EMAIL} {IBAN} {hunt.secrets["account key 0"]}"}}'
    # Not 400 and 406: a refusal's message is about the caller's own values, and meant for the caller.
    for status in (401, 402, 403, 500, 502, 503):
        twin.fault("status", "GET", "/v1/profile", status=status, body=echo)
        await hunt.heard(await stage.client.get("/v1/accounting/company", headers=good))
    twin.fault("status_after", "POST", "/v1/contacts", status=504)
    lost = {**good, "Idempotency-Key": "lost"}
    wanted = {"person": {"lastName": NAME}, "emails": {"business": [EMAIL]}}
    await hunt.heard(await stage.client.post("/v1/accounting/customers", headers=lost, json=wanted))
    twin.fault("status", "POST", "/oauth2/token", status=500, body=echo)
    twin.advance(5 * 3600)
    await hunt.heard(await stage.client.get("/v1/accounting/company", headers=good))
    dispatcher = stage.rooms.dispatcher
    original = dispatcher.read

    async def bug(perform: Any) -> Any:
        raise RuntimeError(f"{NAME} {hunt.secrets['api key']}")

    dispatcher.read = bug
    broken = await hunt.heard(await stage.client.get("/v1/accounting/company", headers=good))
    dispatcher.read = original
    assert broken.status_code == 500
