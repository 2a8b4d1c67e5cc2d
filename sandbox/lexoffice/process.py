"""The twin as a process of its own: ports, the file that tells where it is, and its death with its parent."""

import asyncio
import hashlib
import os
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.app import TwinApp, create_app
from sandbox.lexoffice.clock import Ids, RandomIds, SeededIds
from sandbox.lexoffice.control.api import ControlApp
from sandbox.lexoffice.events.signing import public_half
from sandbox.lexoffice.keeping import Keeper, parts_of
from sandbox.lexoffice.settings import Identity, TwinSettings, new_identity
from sandbox.lexoffice.state import World
from sandbox.lexoffice.wirecutter import cut

DEFAULT_PORT = 8091
CONTROL_HOST = "127.0.0.1"
CALLED = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""By which name of this machine who listens everywhere is called."""
SAVE_EVERY_S = 1.0
AT_ONCE = 4096
"""Connections at a time: a late answer keeps one."""


class ProcessSettings(msgspec.Struct, frozen=True):
    """From the environment: KONTOR_TWIN_* first, KONTOR_* as fallback."""

    host: str
    port: int
    control_port: int
    data_dir: Path | None
    parent_fd: int | None
    public_url: str | None
    rate_limit: bool
    seed: int | None


class CannotStart(Exception):
    """One line for the person at the terminal."""


def read_settings(environment: Mapping[str, str]) -> ProcessSettings:
    def first(*names: str) -> str | None:
        return next((environment[name] for name in names if environment.get(name)), None)

    data_dir = first("KONTOR_TWIN_DATA_DIR", "KONTOR_DATA_DIR")
    parent_fd = first("KONTOR_TWIN_PARENT_FD")
    return ProcessSettings(
        host=first("KONTOR_TWIN_HOST", "KONTOR_HOST") or "127.0.0.1",
        port=_port(first("KONTOR_TWIN_PORT", "KONTOR_PORT"), DEFAULT_PORT),
        control_port=_port(first("KONTOR_TWIN_CONTROL_PORT"), 0),
        data_dir=Path(data_dir) if data_dir else None,
        parent_fd=int(parent_fd) if parent_fd else None,
        public_url=first("KONTOR_TWIN_PUBLIC_URL"),
        rate_limit=(first("KONTOR_TWIN_RATE_LIMIT") or "on") != "off",
        seed=_seed(first("KONTOR_TWIN_SEED")),
    )


def _port(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdigit() or int(text) > 65535:
        raise CannotStart(f"The port must be a number from 0 to 65535, not {text!r}.")
    return int(text)


def _seed(text: str | None) -> int | None:
    if text is not None and not text.isdigit():
        raise CannotStart(f"The seed must be a number, not {text!r}.")
    return int(text) if text else None


def free_port(host: str, port: int) -> int:
    """The port, tried with a plain socket: the server's own would share it with others in silence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of a former process that linger in TIME_WAIT are no obstacle; a listener still is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(f"The twin cannot listen on {host}:{port}: {error.strerror}.") from None
        return probe.getsockname()[1]


def die_with_parent(fd: int, farewell: Callable[[], None]) -> None:
    """End this process when the other end of the inherited pipe is closed, however the parent died."""
    try:
        os.fstat(fd)
    except OSError:
        raise CannotStart(f"KONTOR_TWIN_PARENT_FD={fd} is no open descriptor.") from None

    def wait() -> None:
        while os.read(fd, 1):
            pass
        try:
            farewell()
        finally:
            os._exit(0)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def known_identity(data_dir: Path | None, ids: Ids) -> Identity:
    """The identity of the last start in this directory, or a new one."""
    if data_dir is not None:
        try:
            return msgspec.json.decode((data_dir / "twin.json").read_bytes(), type=Identity)
        except (OSError, msgspec.MsgspecError):
            pass
    return new_identity(ids)


def ids_of(seed: int | None, what: bytes) -> Ids:
    """Ids by chance; with a seed those of `what`, so that no two things draw from the same row of ids."""
    return RandomIds() if seed is None else SeededIds(f"{seed}/{hashlib.sha256(what).hexdigest()}")


def written(world: World | None) -> bytes:
    """Books that are gone on with, as text: what follows draws other ids than what was before."""
    return b"" if world is None else b"".join(parts_of(world).values())


def write_place(data_dir: Path, url: str, control_url: str, identity: Identity, public_key: str) -> None:
    """`twin.json`, readable by its owner only: it holds keys. Beside it the one that checks callbacks."""
    key_file = data_dir / "public_key.pub"
    place = {
        "url": url,
        "controlUrl": control_url,
        "webhookKeyFile": str(key_file.absolute()),
        "apiKey": identity.organizations[0].api_key,
        "oauth": identity.oauth,
        "organizations": identity.organizations,
    }
    path, draft = data_dir / "twin.json", data_dir / "twin.json.new"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        key_file.write_text(public_key)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(jsontext.encode(place))
        draft.replace(path)
    except OSError as error:
        raise CannotStart(f"The twin cannot write to {data_dir}: {error.strerror}.") from None


def server(app: object, host: str, port: int) -> Server:
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=AT_ONCE,  # and so many at work
        log_enabled=False,
    )


async def serve(
    app: TwinApp, settings: ProcessSettings, port: int, control_port: int, keeper: Keeper | None
) -> None:
    """Both applications on one event loop, until a signal."""
    app.cut = cut
    servers = [
        server(app, settings.host, port),
        server(ControlApp(app), CONTROL_HOST, control_port),
    ]
    tasks = [asyncio.ensure_future(one.serve()) for one in servers]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: [one.stop() for one in servers])
    for host, wanted in ((settings.host, port), (CONTROL_HOST, control_port)):
        await until_listening(host, wanted)
    keeping = asyncio.ensure_future(keep(app, keeper)) if keeper else None
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    sys.stdout.write(f"Lexware twin listening on http://{host}:{port}\n")
    sys.stdout.flush()
    await asyncio.gather(*tasks)
    if keeping is not None:
        keeping.cancel()


async def keep(app: TwinApp, keeper: Keeper) -> None:
    """Save the books soon after they change."""
    saved = -1
    while True:
        if app.twin.changes != saved:
            saved = app.twin.changes
            await asyncio.to_thread(keeper.save, app.twin.world)
        await asyncio.sleep(SAVE_EVERY_S)


def address(host: str, port: int) -> str:
    """Where a client of this machine reaches who listens on `host`; nobody can call a wildcard."""
    name = CALLED.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


async def until_listening(host: str, port: int) -> None:
    target = CALLED.get(host, host)
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection(target, port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise CannotStart(f"The twin does not answer on {host}:{port}.")


def open_books(data_dir: Path | None, identity: Identity) -> tuple[Keeper | None, World | None]:
    """The keeper of the directory's books, and the books, unless they are of another identity."""
    if data_dir is None:
        return None, None
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        keeper = Keeper(data_dir / "books.db")
    except (OSError, sqlite3.Error) as error:
        raise CannotStart(f"The twin cannot keep its books in {data_dir}: {error}.") from None
    world = keeper.load()
    known = world is not None and identity.organizations[0].api_key in world.api_keys
    return keeper, world if known else None


def run(environment: Mapping[str, str]) -> int:
    """Start, serve, end. The exit status is 1 when the twin could not start."""
    os.umask(0o077)  # books and keys are for their owner alone
    try:
        settings = read_settings(environment)
        port = free_port(settings.host, settings.port)
        control_port = free_port(CONTROL_HOST, settings.control_port)
        identity = known_identity(settings.data_dir, ids_of(settings.seed, b"identity"))
        keeper, world = open_books(settings.data_dir, identity)
        told = TwinSettings(identity=identity, public_url=settings.public_url, world=world)
        app = create_app(told, ids=ids_of(settings.seed, written(world)))
        app.twin.rate_limit(settings.rate_limit)

        def farewell() -> None:
            if keeper is not None:
                keeper.save(app.twin.world)

        if settings.parent_fd is not None:
            die_with_parent(settings.parent_fd, farewell)
        if settings.data_dir is not None:
            url = settings.public_url or address(settings.host, port)
            key = public_half(app.twin.webhook_key())
            write_place(settings.data_dir, url, address(CONTROL_HOST, control_port), identity, key)
        asyncio.run(serve(app, settings, port, control_port, keeper))
        farewell()
    except CannotStart as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0
