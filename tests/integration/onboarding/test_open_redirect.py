"""SEC-13: a browser is sent to registered addresses alone, compared byte for byte."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.onboarding.people import RETURN_URL, TARGET, Person, Program
from tests.stage import Stage

pytestmark = [pytest.mark.anyio, pytest.mark.needs("shared")]

VARIANTS = (
    RETURN_URL + "/",
    RETURN_URL + "#x",
    RETURN_URL + "&x=1",
    RETURN_URL.upper(),
    RETURN_URL.replace("https", "HTTPS"),
    RETURN_URL.replace("https", "http"),
    RETURN_URL.replace("app.", "APP."),
    RETURN_URL.replace("app.", "evil.app."),
    RETURN_URL.replace(".example", ".example."),
    RETURN_URL.replace(".example", ".example:443"),
    RETURN_URL.replace(".example", ".example.evil.example"),
    RETURN_URL.replace(".example/", ".example@evil.example/"),
    RETURN_URL.replace("//app", "//evil.example\\@app"),
    RETURN_URL.replace("//app", "//evil.example%2f@app"),
    RETURN_URL.replace("/kontor/return", "/kontor/../kontor/return"),
    RETURN_URL.replace("/kontor/return", "/kontor/./return"),
    RETURN_URL.replace("/kontor/return", "/kontor%2Freturn"),
    RETURN_URL.replace("/kontor/return", "//kontor/return"),
    RETURN_URL.replace("return", "retur%6e"),
    " " + RETURN_URL,
    RETURN_URL + " ",
    RETURN_URL + "\t",
    RETURN_URL + "\r\nLocation: https://evil.example",
    "javascript:alert(1)//" + RETURN_URL,
    "data:text/html," + RETURN_URL,
    "//app.muster-software.example/kontor/return?via=kontor",
    "/kontor/return?via=kontor",
)


def payloads(shared: Path) -> list[str]:
    """Every address of the two lists, and what could be mistaken for the registered one."""
    redirects = (shared / "data/attacks/open-redirect.txt").read_text().splitlines()
    parsing = json.loads((shared / "data/attacks/url-parsing.json").read_text())
    return [
        *(line for line in redirects if line.strip()),
        *(entry["input"] for entry in parsing if isinstance(entry, dict)),
        *VARIANTS,
    ]


async def test_no_address_but_the_registered_one_is_taken(tenant: Program, shared: Path) -> None:
    tried = payloads(shared)
    taken = []
    for address in tried:
        answer = await tenant.call(
            "POST", "/v1/connect-sessions", json={"target": TARGET, "returnUrl": address}
        )
        assert "location" not in answer.headers
        if answer.status_code != 422:
            taken.append((address, answer.status_code))

    print(f"{len(tried)} addresses tried")
    assert len(tried) >= 60
    assert taken == []


async def test_what_can_be_registered_is_where_browsers_really_go(tenant: Program, shared: Path) -> None:
    """Of the attack lists only plain addresses pass, and what is kept is what was given."""
    passed = []
    tried = payloads(shared)
    for address in tried:
        answer = await tenant.call("POST", "/v1/return-urls", json={"url": address})
        assert answer.status_code in (201, 409, 422), (address, answer.text)
        if answer.status_code == 201:
            assert answer.json()["data"]["url"] == address
            passed.append(address)

    print(f"{len(tried)} addresses tried, {len(passed)} are plain")
    for address in passed:
        parts = urlsplit(address)
        assert parts.scheme in ("https", "http")
        assert parts.username is None
        assert parts.hostname
        assert not set(address) & set("\\\t\r\n #@") or "@" in parts.path + parts.query
        assert address.startswith(f"{parts.scheme}://{parts.netloc}")


async def test_what_can_be_registered_reads_alike_here_and_in_browsers(tenant: Program, shared: Path) -> None:
    """Two parsers that disagree on the host are the hole. Where a browser reads none, it goes nowhere."""
    entries = json.loads((shared / "data/attacks/url-parsing.json").read_text())
    read_by_browsers = {e["input"]: e.get("hostname") for e in entries if isinstance(e, dict)}
    compared = 0
    for address, hostname in read_by_browsers.items():
        answer = await tenant.call("POST", "/v1/return-urls", json={"url": address})
        if answer.status_code == 201 and hostname is not None:
            compared += 1
            assert urlsplit(address).hostname == hostname

    assert compared >= 4


async def test_every_redirect_of_a_flow_leads_to_the_vendor_or_the_registered_address(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    session = await tenant.session()
    started = await customer.press(session["url"] + "?next=https://evil.example&returnUrl=//evil.example")
    back = await customer.consent(started.headers["location"])
    finished = await customer.open(back + "&returnUrl=https%3A%2F%2Fevil.example&redirect_uri=//evil.example")

    assert started.headers["location"].startswith(stage.rooms.settings.twin_url + "/oauth2/authorize?")
    assert finished.headers["location"].startswith(RETURN_URL + "&code=")
