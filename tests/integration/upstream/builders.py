"""Wires over whatever transport a test brings, with sensible defaults."""

from datetime import UTC, datetime

import msgspec

from connectors.base.connector import Connector, Hosts, Target
from connectors.base.wire import Call, Wire
from gateway.ambient import Ambient, system
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.telemetry.calls import UpstreamCall
from gateway.tenants.model import Connection
from gateway.upstream.hops import Ledger
from gateway.upstream.schedule import NoScheduler, Scheduler
from gateway.upstream.transport import Transports
from gateway.upstream.wire import Upstream

TARGET = "muster"


async def _identify(wire: Wire) -> None:
    raise NotImplementedError


def connector(api: str) -> Connector:
    hosts = Hosts(api=api, app=api, authorization=api)
    return Connector(
        name=TARGET,
        title="Muster",
        targets=(Target(name=TARGET, environment="test", hosts=hosts, aliases=("muster-alias",)),),
        oauth=None,
        api_key=None,
        resources={},
        missing={},
        identify=_identify,  # type: ignore[arg-type]
        refusal=lambda answer: None,
    )


def connection(id: str = "con_1", tenant_id: str = "ten_1", kind: str = "oauth") -> Connection:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Connection(
        id=id,
        tenant_id=tenant_id,
        environment="test",
        target=TARGET,
        credential_kind=kind,  # type: ignore[arg-type]
        state="connected",
        state_since=now,
        state_reason=None,
        label=None,
        customer_reference=None,
        identity=None,
        created_at=now,
        generation=1,
    )


class FakeTokens:
    """One token for each connection, and a fresh one for each refresh."""

    def __init__(self) -> None:
        self.refreshed: list[str] = []

    async def authorization(self, connection: Connection) -> str:
        return f"Bearer token-of-{connection.id}"

    async def refreshed_after_401(self, connection: Connection, used: str) -> str:
        self.refreshed.append(used)
        return f"{used}-{len(self.refreshed)}"


class Bench(msgspec.Struct, kw_only=True):
    """An `Upstream` and everything a test wants to look at."""

    upstream: Upstream
    transports: Transports
    tokens: FakeTokens
    ambient: Ambient
    ledger: Ledger = msgspec.field(default_factory=Ledger)
    records: list[UpstreamCall]

    def wire(self, of: Connection | None = None, *, deadline_s: float = 30.0) -> Wire:
        deadline = self.ambient.clock.monotonic() + deadline_s
        return self.upstream.wire(of or connection(), deadline=deadline, ledger=self.ledger)


def bench(
    api: str,
    transports: Transports | None = None,
    scheduler: Scheduler | None = None,
    ambient: Ambient | None = None,
    tokens: FakeTokens | None = None,
    **settings: object,
) -> Bench:
    """An `Upstream` whose one target is reached at `api`."""
    ambient = ambient or system()
    transports = transports or Transports()
    tokens = tokens or FakeTokens()
    given = msgspec.convert(settings, Settings)
    records: list[UpstreamCall] = []
    upstream = Upstream(
        given,
        ambient,
        Targets(given, (connector(api),)),
        tokens,
        scheduler or NoScheduler(),
        transports,
        records.append,
    )
    return Bench(upstream=upstream, transports=transports, tokens=tokens, ambient=ambient, records=records)


def reading(path: str = "/v1/profile", **changes: object) -> Call:
    return msgspec.structs.replace(Call(method="GET", path=path, purpose="company.get"), **changes)


def writing(path: str = "/v1/invoices", method: str = "POST", **changes: object) -> Call:
    call = Call(
        method=method,
        path=path,
        content=b'{"a":1}',
        content_type="application/json",
        writes=True,
        purpose="invoices.create",
    )
    return msgspec.structs.replace(call, **changes)
