"""A process that forks gateways on demand: `python -m tests.integration.credentials.nursery`.

Forking costs milliseconds where starting Python costs a second, so that a test can afford many processes to
kill. It reads one JSON order a line and forks children for it; they report one JSON line each, and the
nursery reports each end. Every process is a real one with its own event loop, pools and memory.
"""

import asyncio
import json
import logging
import os
import select
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Mapping

import structlog

from connectors import CONNECTORS
from connectors.base.errors import UpstreamBroken, UpstreamUnreachable
from gateway.ambient import system
from gateway.credentials.authorization_server import AuthorizationServer
from gateway.credentials.keyring import Keyring
from gateway.credentials.partner_apps import PartnerApps
from gateway.credentials.tokens import Tokens
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.tenants.connections import Connections


class HttpClient:
    """`TokenClient` over the standard library, one connection a call."""

    async def post_form(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str], timeout_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        return await asyncio.to_thread(post, url, form, basic, timeout_s)


def post(
    url: str, form: Mapping[str, str], basic: tuple[str, str], timeout_s: float
) -> tuple[int, Mapping[str, str], bytes]:
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
    request.add_header("Authorization", "Basic " + b64encode(":".join(basic).encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            return response.status, {}, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}, error.read()
    except TimeoutError as error:
        raise UpstreamBroken("no answer in time") from error
    except OSError as error:
        raise UpstreamUnreachable("no connection") from error


async def work(order: Mapping[str, object]) -> tuple[list[str], list[float]]:
    """Ask for the authorization of a connection, many times at once; what each came to, and its time."""
    ambient = system()
    settings = Settings(
        twin_url=str(order["server"]), token_timeout_s=float(str(order["timeout_s"])), refresh_margin_s=900
    )
    database = Database.open(str(order["database"]))
    keyring = Keyring.open(str(order["keys"]), ambient)
    vault = Vault(database, keyring, ambient)
    connections = Connections(database, ambient, keyring.lookup())
    targets = Targets(settings, CONNECTORS)
    tokens = Tokens(
        database=database,
        vault=vault,
        partner_apps=PartnerApps(database, vault, ambient),
        connections=connections,
        targets=targets,
        server=AuthorizationServer(targets, ambient, settings, HttpClient()),
        ambient=ambient,
        settings=settings,
    )
    async with database.read() as session:
        connection = await connections.get(session, str(order["tenant"]), "test", str(order["connection"]))
    assert connection is not None

    async def ask() -> str:
        began = ambient.clock.monotonic()
        try:
            if order.get("used"):
                return await tokens.refreshed_after_401(connection, str(order["used"]))
            return await tokens.authorization(connection)
        except Exception as error:
            return type(error).__name__
        finally:
            waits_s.append(ambient.clock.monotonic() - began)

    waits_s: list[float] = []
    results = await asyncio.gather(*(ask() for _ in range(int(str(order["requests"])))))
    await database.dispose()
    return list(results), waits_s


def report(**fields: object) -> None:
    """One line, in one write: lines of several processes do not mix."""
    os.write(1, (json.dumps(fields) + "\n").encode())


def child(order: Mapping[str, object]) -> None:
    try:
        results, waits_s = asyncio.run(work(order))
        report(pid=os.getpid(), results=results, waits_s=waits_s)
    except BaseException as error:
        report(pid=os.getpid(), results=[f"{type(error).__name__}: {error}"], waits_s=[])
    os._exit(0)


def reap() -> None:
    """Report every child that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        report(ended=pid, signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    report(ready=os.getpid())
    unread = b""
    while True:
        if select.select([0], [], [], 0.01)[0]:
            received = os.read(0, 65536)
            if not received:
                return
            *lines, unread = (unread + received).split(b"\n")
            for order in map(json.loads, lines):
                for _ in range(order["processes"]):
                    pid = os.fork()
                    if pid == 0:
                        child(order)
                    report(begun=pid)
        reap()


if __name__ == "__main__":
    main()
