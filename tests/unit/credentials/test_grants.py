import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway.credentials.grants import Grant, Refused, Unusable, read_answer, renewed

ASKED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

# The sample of the vendor's partner documentation, shortened tokens.
SAMPLE = {
    "access_token": "eyJhbGciOiJIUzUxMiJ9.e30.x",
    "token_type": "Bearer",
    "expires_in": 14399,
    "refresh_token": "r" * 128,
    "scope": "read write",
}


def answered(status: int = 200, headers: dict[str, str] | None = None, **changes: object) -> object:
    """The reading of the sample with `changes`; a change to None leaves the field out."""
    fields = {name: value for name, value in (SAMPLE | changes).items() if value is not None}
    return read_answer(status, headers or {}, json.dumps(fields).encode(), ASKED)


def body(content: bytes, status: int = 200) -> object:
    return read_answer(status, {}, content, ASKED)


def test_the_vendors_sample_is_a_grant() -> None:
    assert answered() == Grant(
        access_token="eyJhbGciOiJIUzUxMiJ9.e30.x",
        refresh_token="r" * 128,
        issued_at=ASKED,
        expires_at=datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC),
        scope="read write",
    )


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (14399, 14399),
        ("14399", 14399),
        (" 14399 ", 14399),
        (14399.0, 14399),
        ("14399.5", 14399.5),
        (1, 1),
        (10**30, 3650 * 86400),
        ("1e400", 3650 * 86400),
        (0, None),
        (-1, None),
        ("", None),
        ("soon", None),
        ("NaN", None),
        (True, None),
        ([14399], None),
        ({}, None),
        (None, None),
    ],
    ids=str,
)
def test_a_lifetime_is_read_however_it_is_written(expires_in: object, seconds: float | None) -> None:
    grant = answered(expires_in=expires_in)
    assert isinstance(grant, Grant)
    assert grant.expires_at == (None if seconds is None else ASKED + timedelta(seconds=seconds))


ODD_GRANTS = {
    "lower-case token type": answered(token_type="bearer"),
    "upper-case token type": answered(token_type="BEARER"),
    "no token type": answered(token_type=None),
    "another token type": answered(token_type="JWT"),
    "status 201": answered(status=201),
    "no scope": answered(scope=None),
    "a list of scopes": answered(scope=["read"]),
    "fields nobody knows": answered(organization={"id": 1}),
    "an error that is empty": answered(error=""),
    "an error that is no text": answered(error=0),
    "a byte order mark": body(b"\xef\xbb\xbf" + json.dumps(SAMPLE).encode()),
    "white space around": body(b"\n " + json.dumps(SAMPLE).encode() + b"\r\n"),
}


@pytest.mark.parametrize("answer", ODD_GRANTS.values(), ids=ODD_GRANTS)
def test_an_odd_answer_that_holds_tokens_is_not_lost(answer: object) -> None:
    assert isinstance(answer, Grant)
    assert answer.access_token == SAMPLE["access_token"]
    assert answer.refresh_token == SAMPLE["refresh_token"]


@pytest.mark.parametrize("refresh_token", [None, "", 7, "two words", "line\nbreak", "ä"], ids=repr)
def test_what_cannot_be_a_refresh_token_is_none(refresh_token: object) -> None:
    grant = answered(refresh_token=refresh_token)
    assert isinstance(grant, Grant)
    assert grant.refresh_token is None


@pytest.mark.parametrize("access_token", [None, "", 7, "two words", "line\r\nX-Injected: 1", "ä"], ids=repr)
def test_a_refresh_token_alone_is_kept_and_renewed_at_once(access_token: object) -> None:
    grant = answered(access_token=access_token)
    assert isinstance(grant, Grant)
    assert grant.refresh_token == SAMPLE["refresh_token"]
    assert (grant.access_token, grant.expires_at) == ("", ASKED)


UNUSABLE = {
    "no tokens": body(b"{}"),
    "an HTML page": body(b"<html><body>Bitte warten</body></html>"),
    "nothing": body(b""),
    "a list": body(b'[{"access_token": "x"}]'),
    "a string": body(b'"x"'),
    "null": body(b"null"),
    "cut JSON": body(json.dumps(SAMPLE).encode()[:-5]),
    "not UTF-8": body(b'{"access_token": "\xff"}'),
    "100,000 brackets": body(b'{"access_token":' + b"[" * 100_000),
    "a form": body(b"access_token=x&refresh_token=y"),
    "a redirect": body(b"", status=302),
    "a redirect with tokens": answered(status=302),
    "no content": body(b"", status=204),
    "200 with an error": answered(error="invalid_grant"),
    "403 with an error": answered(status=403, error="invalid_grant"),
    "404 with an error": answered(status=404, error="invalid_grant"),
    "400 without an error": body(b"{}", status=400),
    "400 as HTML": body(b"<html>", status=400),
    "500 with an error": answered(status=500, error="invalid_grant"),
    "503 with tokens": answered(status=503),
    "429 with an error": answered(status=429, error="invalid_grant"),
}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
def test_an_answer_without_meaning_ends_nothing(answer: object) -> None:
    assert isinstance(answer, Unusable)


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize(
    "error", ["invalid_grant", "invalid_client", "unauthorized_client", "vendor.own-code"]
)
def test_a_refusal_has_the_servers_code(status: int, error: str) -> None:
    assert body(json.dumps({"error": error}).encode(), status) == Refused(error=error, status=status)


def test_a_refusal_with_a_hostile_code_is_told_without_it() -> None:
    answer = body(b'{"error": "invalid_grant\\r\\nSet-Cookie: x"}', 400)
    assert answer == Refused(error="unreadable", status=400)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 7 ", 7.0),
        ("999999999", 3600.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
    ],
)
def test_a_busy_server_says_how_long_to_wait(header: str, seconds: float | None) -> None:
    answer = read_answer(429, {"retry-after": header}, b"", ASKED)
    assert isinstance(answer, Unusable)
    assert answer.retry_after_s == seconds


FORMER = Grant(
    access_token="a1",
    refresh_token="r1",
    issued_at=ASKED,
    expires_at=ASKED + timedelta(hours=4),
    scope="read",
)


def test_a_renewed_grant_without_a_refresh_token_keeps_the_former_one() -> None:
    answer = Grant(access_token="a2", refresh_token=None, issued_at=ASKED, expires_at=None)
    assert renewed(FORMER, answer) == Grant(
        access_token="a2", refresh_token="r1", issued_at=ASKED, expires_at=None, scope="read"
    )


def test_a_renewed_grant_with_a_refresh_token_has_the_new_one() -> None:
    answer = Grant(access_token="a2", refresh_token="r2", issued_at=ASKED, expires_at=None, scope="write")
    assert renewed(FORMER, answer) == answer


def test_a_grant_does_not_show_its_tokens() -> None:
    assert "r" * 20 not in repr(answered())
    assert "eyJ" not in repr(answered())
