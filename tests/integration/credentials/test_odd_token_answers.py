"""REL-16: odd answers of a token endpoint. What holds tokens is used, what holds none costs nothing."""

import json
from collections.abc import Mapping

import pytest

from connectors.base.errors import UpstreamUnreachable
from gateway.credentials.keyring import Keyring
from gateway.persistence.database import Database
from gateway.tenants.model import Connection
from tests.integration.credentials.office import TIMED_OUT, Answer, Office, opened, watched
from tests.integration.credentials.test_tokens import outcomes
from tests.integration.credentials.token_server import TokenServer

pytestmark = pytest.mark.anyio

TOKENS = {"access_token": "odd", "refresh_token": "odd-refresh", "token_type": "Bearer", "expires_in": 14399}


def answer(status: int = 200, **changes: object) -> Answer:
    fields = {name: value for name, value in (TOKENS | changes).items() if value is not ...}
    return status, {}, json.dumps(fields).encode()


WITHOUT_TOKENS: Mapping[str, Answer | Exception] = {
    "no answer in time": TIMED_OUT,
    "no connection": UpstreamUnreachable("no connection"),
    "302": (302, {"location": "https://evil.example"}, b""),
    "200 with a page": (200, {"content-type": "text/html"}, b"<html><body>Bitte warten</body></html>"),
    "200 with nothing": (200, {}, b""),
    "200 with an error": (200, {}, b'{"error": "invalid_grant"}'),
    "200 with half an answer": (200, {}, json.dumps(TOKENS).encode()[:-9]),
    "200 with a list": (200, {}, b"[]"),
    "400 with a page": (400, {}, b"<html>"),
    "400 with an error that ends nothing": (400, {}, b'{"error": "invalid_request"}'),
    "400 with an error of the vendor's own": (400, {}, b'{"error": "vendor.whim"}'),
    "403 with invalid_grant": (403, {}, b'{"error": "invalid_grant"}'),
    "429": (429, {}, b""),
    "500 with invalid_grant": (500, {}, b'{"error": "invalid_grant"}'),
    "503 with a page": (503, {}, b"<html>"),
}
WITH_TOKENS: Mapping[str, tuple[Answer, str]] = {
    "lower-case token_type": (answer(token_type="bearer"), "odd-refresh"),
    "no token_type": (answer(token_type=...), "odd-refresh"),
    "another token_type": (answer(token_type="JWT"), "odd-refresh"),
    "no expires_in": (answer(expires_in=...), "odd-refresh"),
    "expires_in in a string": (answer(expires_in="14399"), "odd-refresh"),
    "expires_in that is no number": (answer(expires_in="soon"), "odd-refresh"),
    "no refresh_token": (answer(refresh_token=...), "refresh-1-0"),
    "an empty refresh_token": (answer(refresh_token=""), "refresh-1-0"),
    "refresh_token is null": (answer(refresh_token=None), "refresh-1-0"),
    "201": (answer(201), "odd-refresh"),
    "a byte order mark": ((200, {}, b"\xef\xbb\xbf" + json.dumps(TOKENS).encode()), "odd-refresh"),
    "fields that nobody knows": (answer(organization={"id": 1}), "odd-refresh"),
}
"""Each with the refresh token that is to be used next."""


@pytest.fixture
def office(database: Database, keyring: Keyring) -> Office:
    return opened(database, keyring, watched(), TokenServer())


@pytest.fixture
async def connection(office: Office) -> Connection:
    return await office.connect(await office.tenant_with_app())


def test_the_tables_hold_at_least_twenty() -> None:
    print(f"{len(WITHOUT_TOKENS)} odd answers without tokens, {len(WITH_TOKENS)} with")
    assert len(WITHOUT_TOKENS) + len(WITH_TOKENS) >= 20


@pytest.mark.parametrize("instead", WITHOUT_TOKENS.values(), ids=WITHOUT_TOKENS)
async def test_an_answer_without_tokens_leaves_the_stored_one_for_the_next_try(
    office: Office, connection: Connection, instead: Answer | Exception
) -> None:
    await office.grant(connection, lives_s=0)
    office.client.instead = [instead]
    first = await outcomes([office.authorization(connection)])
    office.surroundings.clock.advance(31)

    assert first == [UpstreamUnreachable]
    assert await office.authorization(connection) == "Bearer access-1-1"
    assert (await office.seen(connection)).state == "connected"


@pytest.mark.parametrize(("odd", "next_one"), WITH_TOKENS.values(), ids=WITH_TOKENS)
async def test_an_answer_with_tokens_is_used_and_renewed_by_what_it_held(
    office: Office, connection: Connection, odd: Answer, next_one: str
) -> None:
    await office.grant(connection, lives_s=0)
    office.client.instead = [odd]
    used = await office.authorization(connection)
    await outcomes([office.tokens.refreshed_after_401(await office.seen(connection), used)])

    assert used == "Bearer odd"
    assert office.client.forms[1]["refresh_token"] == next_one
