import socket

import psycopg
import pytest
import redis
from litestar import Litestar, get
from litestar.testing import TestClient
from sqlalchemy.engine import make_url

from tests.network import NetworkForbidden, is_local


@get("/")
async def hello() -> str:
    return "hello"


def test_the_test_client_speaks_with_the_exceptions_of_httpx2() -> None:
    import httpx
    import httpx2

    with TestClient(Litestar([hello])) as client:
        assert client.get("/").text == "hello"
    assert httpx.ConnectError is httpx2.ConnectError


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_connection_to_another_machine_is_refused_by_name(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe, pytest.raises(NetworkForbidden, match=host):
        probe.connect((host, 443))


def test_a_look_up_of_another_host_is_refused() -> None:
    with pytest.raises(NetworkForbidden, match=r"api\.example\.org"):
        socket.getaddrinfo("api.example.org", 443)


@pytest.mark.parametrize(
    "host", ["localhost", "twin.localhost", "127.0.0.1", "127.8.9.1", "::1", "0.0.0.0", None]
)
def test_this_machine_is_allowed(host: str | None) -> None:
    assert is_local(host)


def test_each_test_has_a_postgres_database_of_its_own(postgres_url: str) -> None:
    url = make_url(postgres_url)
    assert url.drivername == "postgresql+psycopg"
    with psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        row = connection.execute("select current_database(), version()").fetchone()
    assert row is not None
    assert row[0] == url.database
    assert row[1].startswith("PostgreSQL")


@pytest.mark.parametrize("attempt", [1, 2])
def test_valkey_is_empty_when_a_test_starts(valkey_url: str, attempt: int) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0
        client.set("left", attempt)
