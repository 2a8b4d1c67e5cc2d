"""`kontor up`: the gateway and the Lexware twin as children of one command, with a demo tenant to try."""

import asyncio
import http.client
import importlib
import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gateway import settings as configuration
from gateway.launch import directory, ports, serving, twin
from gateway.launch.children import Child
from gateway.settings import Settings
from gateway.targets import BEHIND_TWIN

READY_S = 60.0
TWIN_PATIENCE_S = 5.0
WATCH_S = 0.2


class Stop(BaseException):
    """SIGINT, SIGTERM or SIGHUP came. Unwinds whatever runs, so no `except Exception` may swallow it."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What is started; tests put small ones in their place."""

    app: str = serving.APP
    twin: str = twin.MODULE
    demo: str = "gateway.launch.demo:prepare"


def up(settings: Settings, parts: Parts = Parts()) -> None:
    """Start, report, and watch until told to stop; then stop all in order.

    Raises:
        LaunchError: it could not start, or a part ended by itself.
    """
    previous = {name: signal.signal(name, _stop) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        _run(settings, parts)
    except Stop:
        print("Stopped.", flush=True)
    finally:
        for name, handler in previous.items():
            signal.signal(name, handler)


def _stop(number: int, frame: object) -> None:
    # The second signal ends us at once; the children notice by themselves.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)
    raise Stop


def _run(settings: Settings, parts: Parts) -> None:
    data_dir = Path(settings.data_dir)
    directory.prepare(data_dir)
    with ExitStack() as stack:
        lock = directory.lock(data_dir)
        stack.callback(os.close, lock)
        children: list[Child] = []
        with ports.reserved(settings.host, settings.port, "KONTOR_PORT") as port:
            print(f"Data in {data_dir}", flush=True)
            twin_child = twin.start(data_dir, parts.twin)
            stack.callback(twin_child.stop, TWIN_PATIENCE_S)
            about_twin = twin.describe(twin_child, data_dir)
            print(f"Lexware twin at {about_twin['url']}", flush=True)
            settings = _addressed(settings, port, about_twin)
            demo = asyncio.run(_resolve(parts.demo)(settings, about_twin))
            print("Demo tenant ready", flush=True)
            gateway = _start_gateway(settings, parts.app, lock)
            longest_s = settings.stop_notice_s + settings.deadline_s + 2 * serving.DRAIN_MARGIN_S
            stack.callback(gateway.stop, longest_s)
            gateway.wait_until(lambda: _is_ready(settings), READY_S)
            children += [twin_child, gateway]
        about = {"baseUrl": settings.public_url, **demo, "twinUrl": about_twin["url"]}
        directory.write_private(data_dir / "demo.json", about)
        print(summary(about, data_dir), flush=True)
        while True:
            for child in children:
                child.check()
            time.sleep(WATCH_S)


def _addressed(settings: Settings, port: int, about_twin: dict[str, Any]) -> Settings:
    """The settings with the real port, the addresses that follow from it, and the key of the twin's events.

    What somebody has set stays.
    """
    public = os.environ.get("KONTOR_PUBLIC_URL") or ports.url(settings.host, port)
    keys = {BEHIND_TWIN: about_twin["webhookKeyFile"]} if "webhookKeyFile" in about_twin else {}
    return msgspec.structs.replace(
        settings,
        port=port,
        public_url=public.rstrip("/"),
        twin_url=about_twin["url"],
        webhook_keys=settings.webhook_keys or msgspec.json.encode(keys).decode(),
    )


def _start_gateway(settings: Settings, app: str, lock: int) -> Child:
    names = {"data_dir", "host", "port", "public_url", "twin_url", "webhook_keys"}
    given = {configuration.PREFIX + name.upper(): str(getattr(settings, name)) for name in names}
    return Child(
        "gateway",
        [sys.executable, "-P", "-m", serving.__name__, "--app", app],
        environment={**os.environ, **given},
        lifeline_setting="KONTOR_PARENT_FD",
        log=Path(settings.data_dir) / "gateway.log",
        inherit=[lock],
    )


def _resolve(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _is_ready(settings: Settings) -> bool:
    address = urlsplit(ports.url(settings.host, settings.port))
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def summary(about: dict[str, Any], data_dir: Path) -> str:
    """What a person needs now: the address, the two keys, a line to paste."""
    return f"""
Kontor is ready at {about["baseUrl"]} (API page: {about["baseUrl"]}/docs)
  API key      {about["apiKey"]}
  account key  {about["accountKey"]}  (a connection to {about["target"]}, the Lexware twin)
The same is in {data_dir / "demo.json"}; logs are in {data_dir}. Try:

curl -H 'X-API-KEY: {about["apiKey"]}' -H 'X-ACCOUNT-KEY: {about["accountKey"]}' \
'{about["baseUrl"]}/v1/accounting/invoices?limit=3'

Ctrl-C stops everything."""
