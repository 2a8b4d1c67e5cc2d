"""No cookie of one connection is ever sent for another, nor anything else the environment would add."""

import httpx2
import pytest

from tests.integration.upstream.builders import bench, connection, reading
from tests.integration.upstream.vendor import answer, saying, vendor

pytestmark = pytest.mark.anyio

COOKIES = (
    "Set-Cookie: session=of-tenant-1; Path=/",
    "Set-Cookie: wide=of-tenant-1; Domain=localhost; Path=/; Max-Age=1000",
)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_cookie_is_not_sent_again_by_anybody(host: str) -> None:
    async with vendor(saying(answer("200 OK", b"{}", *COOKIES)), host=host) as upstream:
        over = bench(upstream.url)
        await over.wire(connection("con_1", "ten_1")).send(reading())
        await over.wire(connection("con_2", "ten_2")).send(reading())
        await over.wire(connection("con_1", "ten_1")).send(reading())
        await over.transports.aclose()

        assert len(upstream.requests) == 3
        assert {request.connection for request in upstream.requests} == {0}  # one TCP connection for all
        assert [request.header("cookie") for request in upstream.requests] == [None, None, None]


async def test_these_cookies_are_such_as_an_ordinary_client_would_send_again() -> None:
    async with vendor(saying(answer("200 OK", b"{}", *COOKIES)), host="localhost") as upstream:
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.get(upstream.url)
            await client.get(upstream.url)

        assert upstream.requests[1].header("cookie") is not None


async def test_each_call_carries_the_token_of_its_own_connection() -> None:
    async with vendor() as upstream:
        over = bench(upstream.url)
        for name in ("con_1", "con_2", "con_1"):
            await over.wire(connection(name)).send(reading())
        await over.transports.aclose()

        assert [request.header("authorization") for request in upstream.requests] == [
            "Bearer token-of-con_1",
            "Bearer token-of-con_2",
            "Bearer token-of-con_1",
        ]


async def test_proxies_and_netrc_of_the_environment_are_not_obeyed(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login erika password geheim\n")
    async with vendor() as attacker, vendor(host="localhost") as upstream:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, attacker.url)
        monkeypatch.setenv("NETRC", str(netrc))
        over = bench(upstream.url)
        await over.wire().send(reading())
        await over.transports.aclose()

        assert attacker.requests == []
        assert upstream.requests[0].header("authorization") == "Bearer token-of-con_1"


async def test_a_redirect_is_not_followed() -> None:
    async with vendor() as elsewhere:
        moved = answer("307 Temporary Redirect", b"", f"Location: {elsewhere.url}/v1/profile")
        async with vendor(saying(moved)) as upstream:
            over = bench(upstream.url)
            got = await over.wire().send(reading())
            await over.transports.aclose()

            assert got.status == 307
            assert elsewhere.requests == []


async def test_the_headers_of_a_call_are_exactly_these() -> None:
    async with vendor() as upstream:
        over = bench(upstream.url)
        await over.wire().send(reading())
        await over.transports.aclose()

        assert [name for name, _ in upstream.requests[0].headers] == [
            "Host",
            "User-Agent",
            "Accept-Encoding",
            "Authorization",
            "Accept",
        ]
        assert upstream.requests[0].header("accept-encoding") == "gzip, deflate"
        assert upstream.requests[0].header("host") == upstream.url.removeprefix("http://")
