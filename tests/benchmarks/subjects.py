"""What is measured, each a process of its own: how it is started and asked."""

import os
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec

from gateway.launch.children import Child
from gateway.settings import from_environment
from tests.benchmarks.load import get
from tests.benchmarks.processes import free_port
from tests.benchmarks.upstream import INVOICE_IDS

HOST = "127.0.0.1"
NATIVE = "/v1/invoices/"
UNIFIED = "/v1/accounting/invoices/"
START_S = 30.0


class Subject(msgspec.Struct, frozen=True):
    """`requests`: the bytes that ask it for an invoice, each for another one."""

    name: str
    title: str
    child: Child
    port: int
    requests: tuple[bytes, ...]


def invoices(prefix: str, keys: dict[str, str] | None = None) -> tuple[bytes, ...]:
    """What asks for each of the vendor's invoices."""
    return tuple(get(prefix + id, HOST, keys) for id in INVOICE_IDS)


class Place(msgspec.Struct, frozen=True):
    """Where the subjects live, and the vendor they ask."""

    directory: Path
    upstream: str

    def child(self, name: str, command: list[str], settings: Mapping[str, str] | None = None) -> Child:
        """A process that ends with us, without a developer's own settings."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("KONTOR_")}
        return Child(
            name,
            command,
            environment={**own, "BENCH_UPSTREAM": self.upstream, **(settings or {})},
            lifeline_setting="KONTOR_PARENT_FD",
            log=self.directory / f"{name}.log",
        )


Start = Callable[[Place], Awaitable[Subject]]


def vendor(place: Place, name: str) -> tuple[Child, int]:
    """The upstream, which is also a subject: called directly."""
    port = free_port()
    return place.child(name, [sys.executable, "-m", "tests.benchmarks.upstream", str(port)]), port


async def direct(place: Place) -> Subject:
    child, port = vendor(place, "direct")
    return Subject("direct", "upstream, called directly", child, port, invoices(NATIVE))


def _under_granian(name: str, title: str, app: str) -> Start:
    """The server of Kontor's own, so that only the applications differ."""

    async def start(place: Place) -> Subject:
        port = free_port()
        command = [sys.executable, "-m", "gateway.launch.serving", "--app", app]
        child = place.child(name, command, {"KONTOR_PORT": str(port)})
        return Subject(name, title, child, port, invoices(NATIVE))

    return start


async def fastapi(place: Place) -> Subject:
    port = free_port()
    child = place.child("fastapi", [sys.executable, "-m", "tests.benchmarks.fastapi_gateway", str(port)])
    keys = {"X-API-KEY": "bench-api-key", "X-ACCOUNT-KEY": "bench-account-key"}
    return Subject("fastapi", "FastAPI + httpx + pydantic", child, port, invoices(UNIFIED, keys))


def kontor_settings(place: Place, port: int) -> dict[str, str]:
    """Everything as it comes, but for the vendor behind the sandbox and the schedule of calls."""
    return {
        "KONTOR_DATA_DIR": str(place.directory / "kontor"),
        "KONTOR_PORT": str(port),
        "KONTOR_TWIN_URL": place.upstream,
        "KONTOR_SCHEDULER": "false",
    }


async def kontor(place: Place) -> Subject:
    """Kontor over a database of its own, with a tenant, a key and a connection by API key."""
    from tests.benchmarks.account import prepare  # joins every room, which the other subjects do without

    port = free_port()
    settings = kontor_settings(place, port)
    (place.directory / "kontor").mkdir(mode=0o700)
    keys = await prepare(from_environment(settings))
    child = place.child("kontor", [sys.executable, "-m", "gateway.launch.serving"], settings)
    return Subject("kontor", "Kontor, GET one invoice live", child, port, invoices(UNIFIED, keys))


NGINX = """
{user}
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/nginx-body;
    proxy_temp_path {directory}/nginx-proxy;
    fastcgi_temp_path {directory}/nginx-fastcgi;
    uwsgi_temp_path {directory}/nginx-uwsgi;
    scgi_temp_path {directory}/nginx-scgi;
    keepalive_requests 100000000;
    map $http_x_api_key $token {{ default ""; "bench-api-key" "Bearer bench"; }}
    upstream vendor {{ server {upstream}; keepalive 64; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            if ($token = "") {{ return 401; }}
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Authorization $token;
            proxy_pass http://vendor;
        }}
    }}
}}
"""


async def nginx(place: Place) -> Subject:
    """A reverse proxy that turns a key into a token, with as many workers as the others: one."""
    port = free_port()
    config = place.directory / "nginx.conf"
    config.write_text(
        NGINX.format(
            user="user root;" if os.geteuid() == 0 else "",
            directory=place.directory,
            upstream=place.upstream.removeprefix("http://"),
            port=port,
        )
    )
    program = shutil.which("nginx") or "nginx"
    command = [program, "-c", str(config), "-p", str(place.directory), "-e", "stderr"]
    child = place.child("nginx", [sys.executable, "-m", "tests.benchmarks.tied", *command])
    return Subject(
        "nginx", "nginx reverse proxy", child, port, invoices(NATIVE, {"X-API-KEY": "bench-api-key"})
    )


SUBJECTS: dict[str, Start] = {
    "direct": direct,
    "nginx": nginx,
    "lines": _under_granian("lines", "bare ASGI + Kontor's lines", "tests.benchmarks.bare:with_own_lines"),
    "bare": _under_granian("bare", "bare ASGI + httpx2 client", "tests.benchmarks.bare:with_client"),
    "kontor": kontor,
    "fastapi": fastapi,
}
"""By name, fastest first."""


def until_listening(child: Child, port: int) -> None:
    """Raises LaunchError with the end of its log when it ends first."""

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    child.wait_until(listens, START_S)
