"""SEC-38: what no client library sends. The server refuses it, or it is answered like any other request."""

import re
import socket
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.e2e.running import Tenant
from tests.launch.test_first_hour import Kontor

pytestmark = pytest.mark.timeout(240)

HEAD = "GET /v1/connections HTTP/1.1\r\nHost: kontor.test\r\nConnection: close\r\n"
POST = "POST /v1/return-urls HTTP/1.1\r\nHost: kontor.test\r\n"
REFUSED = {
    "both lengths": f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": f"{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a negative length": f"{POST}Content-Length: -1\r\n\r\n",
    "a length that is no number": f"{POST}Content-Length: 0x10\r\n\r\n",
    "a header without colon": f"{HEAD}X-API-KEY\r\n\r\n",
    "a blank before the colon": f"{HEAD}X-API-KEY : a\r\n\r\n",
    "a NUL in a header": f"{HEAD}X-API-KEY: a\0b\r\n\r\n",
    "a bare line end in a header": f"{HEAD}X-API-KEY: a\rX-Injected: 1\r\n\r\n",
    "a line end in the path": "GET /v1/conn\nections HTTP/1.1\r\nHost: k\r\n\r\n",
    "a blank in the path": "GET /v1/con nections HTTP/1.1\r\nHost: k\r\n\r\n",
    "no HTTP at all": "\x16\x03\x01\x02\x00\x01\x00\x01",
    "a header of a megabyte": f"{HEAD}X-Long: {'a' * 1_000_000}\r\n\r\n",
    "ten thousand headers": HEAD + "".join(f"X-{n}: a\r\n" for n in range(10_000)) + "\r\n",
    "a path of a megabyte": f"GET /{'a' * 1_000_000} HTTP/1.1\r\nHost: k\r\n\r\n",
}
ODD_PATHS = (
    b"/v1/accounting/invoices/../../connections",
    b"/v1/accounting/invoices/%2e%2e/%2e%2e/connections",
    b"/v1/accounting/invoices/..%2fprofile",
    b"/v1/accounting/invoices/%ff%fe",
    b"/v1/accounting/invoices/%00",
    b"/v1/accounting/invoices/a%0d%0aX-Injected:%201",
    b"/V1/CONNECTIONS",
    b"http://evil.example/v1/connections/x",
    b"/v1/accounting/invoices/\xc3\xa4",
    b"/v1/accounting/invoices/%",
    b"/v1/accounting/invoices/%zz",
    b"*",
)


def exchanged(base_url: str, request: bytes) -> bytes:
    """Everything the server sends in return for the bytes, until it hangs up or falls silent."""
    address = urlsplit(base_url)
    received = b""
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=5) as line:
        try:
            line.sendall(request)
            while piece := line.recv(65_536):
                received += piece
        except (TimeoutError, ConnectionError):
            pass  # refused by hanging up, or kept open after an answer
    return received


def statuses(answer: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"^HTTP/1\.1 (\d{3})", answer, re.MULTILINE)]


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_request_gets_no_service(kontor: Kontor, request_: str) -> None:
    answer = exchanged(kontor.demo()["baseUrl"], request_.encode("latin-1"))

    assert len(statuses(answer)) <= 1
    assert all(400 <= status < 500 for status in statuses(answer)), answer[:500]
    assert b"Injected" not in answer


@pytest.mark.parametrize("path", ODD_PATHS, ids=str)
def test_an_odd_path_leads_nowhere(kontor: Kontor, path: bytes) -> None:
    demo = kontor.demo()
    keys = f"X-API-KEY: {demo['apiKey']}\r\nX-ACCOUNT-KEY: {demo['accountKey']}\r\nConnection: close\r\n\r\n"
    head = b"GET " + path + b" HTTP/1.1\r\nHost: kontor.test\r\n"
    answer = exchanged(demo["baseUrl"], head + keys.encode())

    assert len(statuses(answer)) <= 1
    assert all(400 <= status < 500 for status in statuses(answer)), answer[:500]
    assert b"\r\nx-injected" not in answer.lower()


def test_the_gateway_is_well_after_all_that(kontor: Kontor, program: Tenant) -> None:
    for request in REFUSED.values():
        exchanged(kontor.demo()["baseUrl"], request.encode("latin-1"))

    assert program.call("GET", "/v1/targets").status_code == 200


def test_a_forged_host_or_forwarding_header_changes_no_address_of_ours(
    kontor: Kontor, program: Tenant
) -> None:
    forged = {
        "Host": "evil.example",
        "Forwarded": "for=1.2.3.4;host=evil.example;proto=https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/v1/api-keys",
        "X-HTTP-Method-Override": "DELETE",
    }
    made = program.call(
        "POST",
        "/v1/connect-sessions",
        json={"target": "lexoffice-sandbox", "returnUrl": program.return_url},
        headers=forged,
    )
    targets = program.call("GET", "/v1/targets", headers=forged)
    page = httpx2.get(made.json()["data"]["url"], headers=forged, trust_env=False)

    assert made.json()["data"]["url"].startswith(kontor.demo()["baseUrl"])
    assert "evil" not in made.text + targets.text + page.text
    assert page.status_code == 200


def test_no_answer_tells_a_version(program: Tenant) -> None:
    for path in ("/v1/targets", "/v1/nosuch", "/health/live", "/docs"):
        headers = program.call("GET", path).headers
        assert "x-powered-by" not in headers
        assert not re.search(r"\d", headers.get("server", "")), headers
