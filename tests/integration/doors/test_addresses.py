"""SEC-13: an address is a return URL only when a browser reads the same host in it and goes by https."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.doors.operations import found
from tests.integration.doors.strings import addresses, attacks
from tests.integration.doors.visiting import RETURN_URL, TARGET, Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300), pytest.mark.needs("shared")]
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


async def test_an_address_is_registered_only_where_a_browser_goes_to_the_same_place(
    visitor: Visitor, shared: Path
) -> None:
    operation = found("POST /v1/return-urls")
    accepted = 0
    entries = addresses(shared)
    for entry in entries:
        answer = await visitor.knock(operation, content=json.dumps({"url": entry["input"]}).encode())
        assert answer.status_code in (201, 409, 422), entry
        if answer.status_code != 201:
            continue
        accepted += 1
        ours = urlsplit(entry["input"])
        assert not entry.get("failure"), entry
        assert (entry["username"], entry["password"], entry["hash"]) == ("", "", ""), entry
        assert entry["protocol"] == "https:" or entry["hostname"] in LOOPBACK, entry
        assert entry["hostname"] == ours.netloc.rpartition(":")[0] or entry["host"] == ours.netloc, entry
        await visitor.ask("DELETE", f"/v1/return-urls/{answer.json()['data']['id']}")
    print(f"{len(entries)} addresses, {accepted} accepted")
    assert accepted >= 5


async def test_an_attackers_address_is_no_return_url_of_a_session(visitor: Visitor, shared: Path) -> None:
    operation = found("POST /v1/connect-sessions")
    strings = attacks(shared)
    variants = [
        RETURN_URL + end for end in ("/", "?", "#", "%2f", "/..", "@evil.example", ".evil.example", " ", "\t")
    ]
    variants += [
        RETURN_URL.upper(),
        RETURN_URL.replace("https", "http"),
        RETURN_URL.replace("/kontor", "//kontor"),
    ]
    for text in [*strings, *variants]:
        body = {"target": TARGET, "returnUrl": text}
        answer = await visitor.knock(operation, content=json.dumps(body).encode())
        assert answer.status_code == 422, text
        assert {error["field"] for error in answer.json()["errors"]} == {"returnUrl"}
    assert len(strings) >= 800
