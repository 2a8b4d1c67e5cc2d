"""The gateway's own process: granian with one worker, which dies with its parent."""

import argparse
import gc
import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer

from gateway import settings as configuration
from gateway.launch import LaunchError, directory, lifeline, ports
from gateway.launch.migrating import migrated
from gateway.settings import Settings

APP = "gateway.app:create"
DRAIN_MARGIN_S = 5
ROOM_TO_REFUSE = 1000
"""Requests taken in beyond those that are worked on: granian would let them wait without a word."""


class NoticingServer(MPServer):
    """granian's, which tells its worker of a stop `notice_s` before it. A second signal stops at once."""

    def __init__(self, *args: Any, notice_s: float, **more: Any) -> None:
        super().__init__(*args, **more)
        self._notice_s = notice_s

    def signal_handler_interrupt(self, *args: Any, **more: Any) -> None:
        """See granian's: the handler of SIGINT and SIGTERM."""
        for worker in multiprocessing.active_children():
            os.kill(worker.pid or 0, configuration.STOP_COMES)  # streams end only when they are told
        if not self._notice_s:
            super().signal_handler_interrupt()
            return
        stop = threading.Timer(self._notice_s, super().signal_handler_interrupt)
        stop.daemon = True
        stop.start()
        self._notice_s = 0


def load(app: str) -> Callable[..., Any]:
    """The ASGI application of a factory named `module:function`. Runs in the worker."""
    lifeline.end_with_parent()
    signal.signal(configuration.STOP_COMES, signal.SIG_IGN)  # until there is an application that minds
    module, _, name = app.partition(":")
    made = getattr(importlib.import_module(module), name)()
    gc.collect()
    gc.freeze()  # what stays for good is not gone through again at every collection
    return made


def serve(settings: Settings, app: str = APP) -> None:
    """Serve until SIGINT or SIGTERM and the notice after it, then finish what is running.

    The port has to be free and not 0.

    Raises:
        SystemExit: the worker ended by itself.
    """
    if settings.parent_fd >= 0:
        lifeline.end_with_pipe(settings.parent_fd, settings.stop_notice_s)
    NoticingServer(
        app,
        notice_s=settings.stop_notice_s,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.asyncio,  # granian would take uvloop when it is installed, which knows no happy eyeballs
        workers=1,
        websockets=False,
        log_level=LogLevels.warning,  # one line a request is the application's business
        backpressure=settings.requests_at_once + ROOM_TO_REFUSE,
        workers_kill_timeout=round(settings.deadline_s) + DRAIN_MARGIN_S,
    ).serve(target_loader=partial(load, app), wrap_loader=False)


def serve_alone(settings: Settings, app: str = APP) -> None:
    """`kontor serve`: the gateway without a supervisor, on the newest schema.

    The directory is held when the database lies in it: SQLite is for one gateway. With PostgreSQL any number
    of gateways may share one.

    Raises:
        LaunchError: the directory or the port is not to be had.
    """
    directory.prepare(Path(settings.data_dir))
    if settings.embedded:
        directory.lock(Path(settings.data_dir))
    migrated(settings)
    with ports.reserved(settings.host, settings.port, "KONTOR_PORT") as port:
        os.environ["KONTOR_PORT"] = str(port)  # the worker reads its settings itself
        settings = configuration.from_environment()
        print(f"Kontor listens on {ports.url(settings.host, port)}", flush=True)
        serve(settings, app)


def work_alone(settings: Settings) -> None:
    """`kontor worker`.

    Raises:
        LaunchError: the database is SQLite.
    """
    if settings.embedded:
        raise LaunchError(
            "a worker needs PostgreSQL (KONTOR_DATABASE_URL); with SQLite the gateway works itself"
        )
    if settings.parent_fd >= 0:
        lifeline.end_with_pipe(settings.parent_fd)
    migrated(settings)
    from gateway.worker import work

    work(settings)


def main() -> None:
    """Started by the supervisor, which found the port and holds the directory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", default=APP)
    serve(configuration.from_environment(), parser.parse_args().app)


if __name__ == "__main__":
    main()
