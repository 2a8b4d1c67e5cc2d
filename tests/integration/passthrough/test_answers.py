"""What comes back is data: status, some headers, JSON as it came or any other body in base64."""

import base64

import httpx2
import pytest

from tests.integration.passthrough.conftest import Speaker

pytestmark = pytest.mark.anyio


async def test_json_comes_as_it_came(speaker: Speaker) -> None:
    answer = await speaker.say("GET", "/v1/profile")
    data = answer.json()["data"]

    assert (answer.status_code, data["status"], data["mediaType"]) == (200, 200, "application/json")
    assert data["body"]["companyName"] == "Muster Handel GmbH"
    assert data["content"] is None
    assert answer.headers["kontor-upstream-calls"] == "1"
    assert answer.json()["meta"]["target"] == "lexoffice-sandbox"


@pytest.mark.parametrize("number", ["19.90", "1E+3", "123456789012345678901234567890.10", "-0.0"])
async def test_numbers_keep_all_their_digits_both_ways(speaker: Speaker, number: str) -> None:
    speaker.wire.instead = httpx2.Response(200, content=b'{"amount":' + number.encode() + b"}")
    request = f'{{"method":"POST","path":"/v1/x","body":{{"amount":{number}}}}}'
    headers = {"Content-Type": "application/json"}
    answer = await speaker.stage.call(
        "POST", "/v1/passthrough", speaker.party, key=number, content=request.encode(), headers=headers
    )

    assert f'"body":{{"amount":{number}}}' in answer.text
    assert speaker.wire.bodies == [f'{{"amount":{number}}}'.encode()]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"<html></html>", "text/html"),
        (b'{"cut', "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json"),
        ("ä".encode("latin-1"), "text/plain; charset=iso-8859-1"),
    ],
)
async def test_what_is_no_json_comes_in_base64_with_its_type(
    speaker: Speaker, content: bytes, media_type: str
) -> None:
    speaker.wire.instead = httpx2.Response(200, content=content, headers={"content-type": media_type})
    data = (await speaker.say("GET", "/v1/x")).json()["data"]

    assert (data["body"], data["mediaType"]) == (None, media_type)
    assert base64.b64decode(data["content"]) == content


async def test_an_empty_answer_has_no_body(speaker: Speaker) -> None:
    speaker.wire.instead = httpx2.Response(204)
    data = (await speaker.say("DELETE", "/v1/x")).json()["data"]

    assert (data["status"], data["body"], data["content"], data["mediaType"]) == (204, None, None, None)


async def test_of_the_headers_those_of_the_content_come(speaker: Speaker) -> None:
    given = {
        "Content-Type": "application/json",
        "ETag": '"7"',
        "Location": "https://api.example/v1/x/1",
        "Retry-After": "3",
        "x-amzn-RequestId": "abc-1",
        "Set-Cookie": "session=geheim",
        "Server": "nginx",
        "Connection": "keep-alive",
        "WWW-Authenticate": "Bearer",
        "Access-Control-Allow-Origin": "*",
    }
    speaker.wire.instead = httpx2.Response(200, content=b"{}", headers=given)
    data = (await speaker.say("GET", "/v1/x")).json()["data"]

    assert data["headers"] == {
        "content-type": "application/json",
        "etag": '"7"',
        "location": "https://api.example/v1/x/1",
        "retry-after": "3",
        "x-amzn-requestid": "abc-1",
    }


@pytest.mark.parametrize("status", [301, 400, 402, 403, 404, 405, 406, 409, 422, 500, 502, 503, 504])
async def test_any_status_of_a_read_is_data(speaker: Speaker, status: int) -> None:
    speaker.wire.instead = httpx2.Response(status, content=b'{"message":"Nein"}')
    answer = await speaker.say("GET", "/v1/x")

    assert answer.status_code == 200
    assert (answer.json()["data"]["status"], answer.json()["data"]["body"]) == (status, {"message": "Nein"})
    assert len(speaker.wire.requests) == 1


async def test_a_withdrawn_consent_is_told_as_for_every_other_call(speaker: Speaker) -> None:
    speaker.wire.instead = httpx2.Response(401, content=b"{}")
    answer = await speaker.say("GET", "/v1/profile")
    after = await speaker.say("GET", "/v1/profile")

    assert [(a.status_code, a.json()["code"]) for a in (answer, after)] == [(424, "reconnect_required")] * 2
    assert len(speaker.wire.requests) == 1


async def test_a_call_is_in_the_log(speaker: Speaker) -> None:
    answer = await speaker.say("GET", "/v1/profile")
    await speaker.stage.rooms.request_log.flush()
    rows = (await speaker.stage.call("GET", "/v1/requests?limit=5", speaker.party)).json()["data"]
    (row,) = [row for row in rows if row["id"] == answer.headers["request-id"]]

    assert (row["route"], row["status"], row["upstreamCalls"]) == ("/v1/passthrough", 200, 1)


async def test_a_read_needs_no_idempotency_key(speaker: Speaker) -> None:
    answer = await speaker.stage.call(
        "POST", "/v1/passthrough", speaker.party, json={"method": "GET", "path": "/v1/profile"}
    )

    assert answer.status_code == 200


async def test_a_key_that_a_read_does_not_need_has_to_be_one_all_the_same(speaker: Speaker) -> None:
    answer = await speaker.say("GET", "/v1/profile", key="a" * 256)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert speaker.wire.requests == []


async def test_a_read_that_breaks_off_is_a_problem(speaker: Speaker) -> None:
    speaker.stage.twin.twin.fault("drop_before", "GET", "/v1/profile")
    answer = await speaker.say("GET", "/v1/profile")

    assert (answer.status_code, answer.json()["code"]) == (502, "upstream_broken")
    assert len(speaker.wire.requests) == 1


async def test_calls_past_the_vendors_limit_are_waited_for_and_then_told(speaker: Speaker) -> None:
    speaker.stage.twin.twin.fault("status", "GET", "/v1/*", status=429, times=None)
    answer = await speaker.say("GET", "/v1/profile")

    assert (answer.status_code, answer.json()["code"]) == (429, "upstream_busy")
    assert "retry-after" in answer.headers
