"""The hunt finds what it should: a hunter that never catches anything proves nothing."""

import base64
from urllib.parse import quote

import pytest

from tests.integration.secrets.hunting import found

SECRET = "kontor_test_Ab3/dEf+hIj_KlM-nOpQrStUvWxYz0123456789"

HIDDEN = {
    "as it is": SECRET,
    "a piece": f"…{SECRET[20:34]}…",
    "hexadecimal": SECRET.removeprefix("kontor_test_").encode().hex(),
    "base64": base64.b64encode(SECRET.removeprefix("kontor_test_").encode()).decode(),
    "base64 inside another": base64.b64encode(
        b"user:" + SECRET.removeprefix("kontor_test_").encode()
    ).decode(),
    "encoded for an address": quote(SECRET, safe=""),
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_secret_is_found(text: str) -> None:
    assert found(SECRET, {"log": f"before {text} after".encode()}) == ["log"]


def test_a_prefix_alone_is_no_trace() -> None:
    assert found(SECRET, {"log": b"kontor_test_ is how test keys begin"}) == []
