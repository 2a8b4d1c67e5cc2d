"""SEC-30: the caller says what, never where to or as whom. Counted where calls leave."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.integration.doors.strings import attacks
from tests.integration.passthrough.conftest import Speaker

pytestmark = pytest.mark.anyio

REFUSED_PATHS = [
    "",
    "/",
    "/v1",
    "/v1/",
    "v1/profile",
    "/v2/profile",
    "/V1/profile",
    "//evil.example/v1/profile",
    "///v1/profile",
    "/v1//evil.example/",
    "/v1/profile/",
    "/v1//profile",
    "https://evil.example/v1/profile",
    "http://twin.test@evil.example/v1/profile",
    "@evil.example/v1/profile",
    "\\\\evil.example\\v1\\profile",
    "/\\evil.example/v1/profile",
    "/v1/\\evil.example",
    "/v1/../oauth2/token",
    "/v1/..",
    "/v1/./profile",
    "/v1/.%2e/profile",
    "/v1/%2e%2e/profile",
    "/v1/%2E%2E/profile",
    "/v1/%252e%252e/profile",
    "/v1/..;/profile",
    "/v1/..%3b/profile",
    "/v1/%2e%2e%2fprofile",
    "/v1/a%2fb",
    "/v1/a%5cb",
    "/v1/a%00",
    "/v1/a%0d%0aHost:%20evil.example",
    "/v1/a\r\nHost: evil.example",
    "/v1/a\tb",
    "/v1/a b",
    "/v1/profile?finalize=true",
    "/v1/profile#x",
    "/v1/%",
    "/v1/%zz",
    "/v1/%ff",
    "/v1/%c0%ae%c0%ae/profile",
    "/v1/．．/profile",
    "/v1/%ef%bc%8e%ef%bc%8e/profile",
    "/v1/a%ef%bc%8fb",
    "/v1/%e2%80%a5/profile",
    "/v1/ä",
    "/v1/{id}",
    "/v1/<script>",
]


@pytest.mark.parametrize("path", REFUSED_PATHS)
async def test_a_path_that_could_lead_elsewhere_is_refused(speaker: Speaker, path: str) -> None:
    answer = await speaker.say("GET", path)

    assert answer.status_code == 422, answer.text
    assert {error["field"] for error in answer.json()["errors"]} == {"path"}
    assert speaker.wire.requests == []


@pytest.mark.parametrize(
    "path", ["/v1/profile", "/v1/vouchers/a-b_c~d", "/v1/a%20b", "/v1/a%C3%A4", "/v1/a:b,c=d@e", "/v1/..."]
)
async def test_any_other_path_leaves_as_it_was_given(speaker: Speaker, path: str) -> None:
    answer = await speaker.say("GET", path)
    (request,) = speaker.wire.requests

    assert answer.status_code == 200
    assert (request.url.host, request.url.raw_path.decode()) == ("twin.test", path)


@pytest.mark.needs("shared")
@pytest.mark.parametrize("form", ["{}", "/v1/{}", "/v1/profile/{}", "/v1{}"])
async def test_no_address_of_an_attacker_changes_the_host(speaker: Speaker, form: str, shared: Path) -> None:
    texts = [text for text in attacks(shared) if len(text) < 1900]
    refused = 0
    for text in texts:
        sent = len(speaker.wire.requests)
        path = form.format(text)
        answer = await speaker.say("GET", path)
        if answer.status_code == 200:
            (request,) = speaker.wire.requests[sent:]
            assert (request.url.host, request.url.raw_path.decode()) == ("twin.test", path)
            assert re.fullmatch(r"/v1/[\w\-.~!$&'()*+,=:@%/]+", path, re.ASCII), path
        else:
            assert answer.status_code == 422, path
            assert len(speaker.wire.requests) == sent
            refused += 1
    print(f"{form}: {len(texts)} texts, {refused} refused")
    assert len(texts) >= 800


@pytest.mark.needs("shared")
async def test_a_query_arrives_as_it_was_meant(speaker: Speaker, shared: Path) -> None:
    for text in attacks(shared)[::7]:
        speaker.wire.requests.clear()
        answer = await speaker.say("GET", "/v1/voucherlist", query={"contactId": [text, "b"], text: "c"})
        if answer.status_code == 422:  # U+0000
            continue
        (request,) = speaker.wire.requests
        assert request.url.host == "twin.test"
        assert parse_qsl(request.url.query.decode(), keep_blank_values=True) == [
            ("contactId", text),
            ("contactId", "b"),
            (text, "c"),
        ]


REFUSED_HEADERS = [
    "Host",
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "Cookie",
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Expect",
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "Accept-Encoding",
    "User-Agent",
    "X-API-KEY",
    "X-ACCOUNT-KEY",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "Forwarded",
    "X-Real-IP",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X-Original-URL",
    "X-Rewrite-URL",
    "Origin",
    "Referer",
    "X-Anything",
    "",
    "Accept\r\nX-Injected",
    "Accept:",
    " Accept",
    "Accept ",
    "Äccept",
]
REFUSED_VALUES = ["a\r\nX-Injected: 1", "a\nb", "a\rb", "a\tb", "ä", "\x7f", "a" * 1001]


@pytest.mark.parametrize("name", REFUSED_HEADERS)
async def test_a_header_that_is_not_let_through_is_refused_by_name(speaker: Speaker, name: str) -> None:
    answer = await speaker.say("GET", "/v1/profile", headers={name: "a"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "header_not_allowed"
    assert speaker.wire.requests == []


@pytest.mark.parametrize("value", REFUSED_VALUES)
async def test_a_value_that_no_header_holds_is_refused(speaker: Speaker, value: str) -> None:
    answer = await speaker.say("GET", "/v1/profile", headers={"If-None-Match": value})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "headers.If-None-Match")
    assert speaker.wire.requests == []


async def test_a_header_twice_in_other_letters_is_refused(speaker: Speaker) -> None:
    answer = await speaker.say("GET", "/v1/profile", headers={"Accept": "a/b", "accept": "c/d"})

    assert answer.json()["errors"][0]["code"] == "repeated"


async def test_what_leaves_is_ours_but_for_what_was_asked(speaker: Speaker) -> None:
    await speaker.say("GET", "/v1/profile", headers={"Accept": "application/xml", "If-None-Match": '"1"'})
    (request,) = speaker.wire.requests
    key = speaker.stage.twin.identity.organizations[0].api_key
    ours = {name: value for name, value in request.headers.items() if name != "user-agent"}

    assert ours == {
        "host": "twin.test",
        "authorization": f"Bearer {key}",
        "accept": "application/xml",
        "accept-encoding": "gzip, deflate",
        "if-none-match": '"1"',
    }
    assert request.headers["user-agent"].startswith("Kontor/")


MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"method": "TRACE"}, "method"),
    ({"method": "CONNECT"}, "method"),
    ({"method": "get"}, "method"),
    ({"method": "GET\r\n"}, "method"),
    ({"url": "https://evil.example"}, "url"),
    ({"host": "evil.example"}, "host"),
    ({"body": {}}, "body"),
    ({"query": {"a": 1}}, "query[...]"),
    ({"query": {"a": {"b": "c"}}}, "query[...]"),
    ({"headers": {"Accept": ["a/b"]}}, "headers[...]"),
    ({"method": "POST", "files": [{}]}, "files[0].name"),
    ({"files": [{"name": "a", "filename": "b", "mediaType": "c/d", "content": ""}]}, "files"),
    (
        {
            "method": "POST",
            "files": [{"name": "a", "filename": "b", "mediaType": "c/d", "content": "%%%"}],
        },
        "files[0].content",
    ),
    (
        {
            "method": "POST",
            "files": [{"name": "a", "filename": "b", "mediaType": "c/d\r\nX: y", "content": ""}],
        },
        "files[0].mediaType",
    ),
    (
        {
            "method": "POST",
            "body": {"type": 1},
            "files": [{"name": "a", "filename": "b", "mediaType": "c/d", "content": ""}],
        },
        "body",
    ),
]


@pytest.mark.parametrize(("misfit", "field"), MISFITS)
async def test_what_does_not_fit_is_refused_by_name(
    speaker: Speaker, misfit: dict[str, Any], field: str
) -> None:
    given = {"method": "GET", "path": "/v1/profile", **misfit}
    answer = await speaker.say(given.pop("method"), given.pop("path"), **given)

    assert answer.status_code == 422, answer.text
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert speaker.wire.requests == []
