"""Forms for authorization servers: posted once, with the client's credential, and read within a limit."""

import base64

import pytest

from connectors.base.errors import UpstreamBroken, UpstreamUnreachable
from gateway.upstream.forms import FormClient
from gateway.upstream.transport import Transports
from tests.integration.upstream.vendor import Answering, answer, hang_up, saying, vendor

pytestmark = pytest.mark.anyio

FORM = {"grant_type": "refresh_token", "refresh_token": "ein geheimes+Token/="}
CLIENT = ("client:1", "geheim ü")


async def post(url: str) -> tuple[int, dict[str, str], bytes]:
    transports = Transports()
    try:
        status, headers, body = await FormClient(transports).post_form(url, FORM, CLIENT, 2.0)
    finally:
        await transports.aclose()
    return status, dict(headers), body


async def test_a_form_arrives_as_it_was_meant() -> None:
    async with vendor(saying(answer("400 Bad Request", b'{"error":"invalid_grant"}'))) as server:
        status, headers, body = await post(server.url + "/oauth2/token")
        (request,) = server.requests

    assert (status, body) == (400, b'{"error":"invalid_grant"}')
    assert headers["content-length"] == "25"
    assert (request.method, request.target) == ("POST", "/oauth2/token")
    assert request.body == b"grant_type=refresh_token&refresh_token=ein+geheimes%2BToken%2F%3D"
    assert request.header("content-type") == "application/x-www-form-urlencoded"


async def test_the_credential_is_form_encoded_first() -> None:
    async with vendor() as server:
        await post(server.url + "/oauth2/token")
        scheme, _, value = (server.requests[0].header("authorization") or "").partition(" ")

    assert scheme == "Basic"
    assert base64.b64decode(value) == b"client%3A1:geheim+%C3%BC"


@pytest.mark.parametrize(
    "answering",
    [
        hang_up,
        saying(answer("200 OK", b"x" * 1_000_000)),
        saying(answer("200 OK", b"x", "Content-Encoding: br")),
    ],
    ids=["dropped", "too large", "badly packed"],
)
async def test_an_answer_that_cannot_be_read_is_asked_for_once_and_told_without_secrets(
    answering: Answering,
) -> None:
    async with vendor(answering) as server:
        with pytest.raises(UpstreamBroken) as broken:
            await post(server.url + "/oauth2/token")

        assert len(server.requests) == 1
        assert "geheim" not in repr(broken.value) + broken.value.detail


async def test_a_redirect_is_the_answer() -> None:
    async with vendor(saying(answer("302 Found", b"", "Location: http://127.0.0.1:9/"))) as server:
        status, _, _ = await post(server.url + "/oauth2/token")

    assert status == 302


async def test_a_server_that_is_away_is_unreachable() -> None:
    async with vendor() as server:
        pass
    with pytest.raises(UpstreamUnreachable):
        await post(server.url + "/oauth2/token")
