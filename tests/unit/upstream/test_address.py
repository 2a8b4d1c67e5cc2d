"""Callers never steer our URL: whatever an id holds, a call goes to the configured place, or nowhere."""

import random
from urllib.parse import quote

import httpx2
import pytest

from connectors.base.errors import RecordNotFound
from gateway.upstream.address import Address

HOSTILE = (
    "..", ".", "../profile", "..%2fprofile", "%2e%2e", "%2e%2e%2f", "....//", "\\..\\", "a/b", "a?b", "a#b",
    "//evil.example", "@evil.example", "http://evil.example", "a\r\nX: y", "a%0d%0ab", "\x00", "%00", " ",
    "\t", "é", "\u2025", "a;b", "a%", "%zz", "%c0%ae%c0%ae", "..;/", "a&b=c", "a+b",
    "~", "*", "\U0001f600", "",
)  # fmt: skip


@pytest.fixture
def address() -> Address:
    return Address("https://api.muster.example/base")


@pytest.mark.parametrize("id", ["", "..", ".", "a/b", "a\\b", "a\nb", "\x00"])
def test_an_encoded_id_that_a_server_could_decode_into_another_path_names_nothing(
    address: Address, id: str
) -> None:
    with pytest.raises(RecordNotFound):
        address.url(f"/v1/contacts/{quote(id, safe='')}")


@pytest.mark.parametrize(
    "path", ["/v1/a b", "/v1/a?b=c", "/v1/a#b", "/v1/é", "v1/a", "", "/v1/a\r\nb", "/v1/a\\b"]
)
def test_a_path_that_was_not_encoded_is_a_mistake_of_the_connector(address: Address, path: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded"):
        address.url(path)


def test_five_thousand_fuzzed_ids_never_leave_their_place(address: Address) -> None:
    rnd = random.Random(4711)
    alphabet = "ab01-._~/\\%?#@:;&=+ \r\n\t\x00éß€\u202e.."
    tried = 0
    for number in range(5000):
        parts = [rnd.choice(HOSTILE), "".join(rnd.choices(alphabet, k=rnd.randrange(12)))]
        id = "".join(parts) if number % 2 else rnd.choice(parts)
        tried += 1
        try:
            url = address.url(f"/v1/contacts/{quote(id, safe='')}", (("expand", id),))
        except RecordNotFound:
            continue
        path, _, query = url.raw_path.partition(b"?")
        assert (url.scheme, url.host, url.port) == ("https", "api.muster.example", None)
        assert path.startswith(b"/base/v1/contacts/")
        assert path.count(b"/") == 4
        assert query.startswith(b"expand=")
        assert query.count(b"&") == query.count(b"#") == 0
        assert all(0x20 < byte < 0x7F for byte in url.raw_path)
    assert tried == 5000


def test_what_is_sent_is_the_path_as_the_connector_wrote_it(address: Address) -> None:
    url = address.url("/v1/files/Gr%C3%B6%C3%9Fe%20A+b,c", (("a", "x y&z"), ("a", "ü")))

    assert url.raw_path == b"/base/v1/files/Gr%C3%B6%C3%9Fe%20A+b,c?a=x+y%26z&a=%C3%BC"


@pytest.mark.parametrize(
    "origin", ["ftp://a", "api.muster.example", "https://", "https://erika:geheim@a.example"]
)
def test_an_origin_is_http_with_a_host_and_no_password(origin: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Address(origin)


def test_the_same_path_is_parsed_once(address: Address) -> None:
    assert isinstance(address.url("/v1/profile", ()), httpx2.URL)
    assert address.url("/v1/profile", ()) is address.url("/v1/profile", ())
