"""Writes in the vendor's own words: scopes, one key a write, and the truth about lost answers."""

import base64
from typing import Any

import httpx2
import pytest

from connectors.base.files import LARGEST
from tests.forms import PDF
from tests.integration.passthrough.conftest import Speaker

pytestmark = pytest.mark.anyio

ARTICLE = {
    "title": "Schleifband",
    "type": "PRODUCT",
    "unitName": "Stück",
    "price": {"netPrice": 3.9, "leadingPrice": "NET", "taxRate": 19},
}


class TestScopes:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_a_write_needs_the_scope_write(self, speaker: Speaker, method: str) -> None:
        reader = await speaker.stage.party(speaker.party.tenant_id, scopes=("read",))
        answer = await speaker.say(method, "/v1/articles/x", party=reader)

        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
        assert answer.json()["scope"] == "write"
        assert speaker.wire.requests == []

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_a_read_needs_read_only(self, speaker: Speaker, method: str) -> None:
        reader = await speaker.stage.party(speaker.party.tenant_id, scopes=("read",))

        assert (await speaker.say(method, "/v1/profile", party=reader)).status_code == 200

    @pytest.mark.parametrize(
        "query",
        [
            {"finalize": "true"},
            {"finalize": "TRUE"},
            {"finalize": "1"},
            {"finalize": ""},
            {"finalize": ["false", "true"]},
            {"Finalize": "true"},
            {" finalize ": "true"},
        ],
    )
    async def test_making_a_document_binding_needs_the_scope_finalize(
        self, speaker: Speaker, query: dict[str, Any]
    ) -> None:
        writer = await speaker.stage.party(speaker.party.tenant_id, scopes=("read", "write"))
        answer = await speaker.say("POST", "/v1/invoices", query=query, body={}, party=writer)

        assert (answer.status_code, answer.json()["scope"]) == (403, "finalize")
        assert speaker.wire.requests == []

    async def test_a_field_of_a_form_counts_as_a_parameter(self, speaker: Speaker) -> None:
        writer = await speaker.stage.party(speaker.party.tenant_id, scopes=("read", "write"))
        answer = await speaker.say(
            "POST", "/v1/invoices", body={"finalize": "true"}, files=[file(PDF)], party=writer
        )

        assert (answer.status_code, answer.json()["scope"]) == (403, "finalize")

    async def test_a_draft_needs_write_only(self, speaker: Speaker) -> None:
        writer = await speaker.stage.party(speaker.party.tenant_id, scopes=("read", "write"))
        answer = await speaker.say("POST", "/v1/invoices", query={"finalize": "false"}, body={}, party=writer)

        assert answer.json()["data"]["status"] == 406


class TestOnce:
    async def test_the_same_key_and_call_give_the_same_answer_without_a_call(self, speaker: Speaker) -> None:
        first = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)
        again = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)

        assert first.json()["data"]["status"] == 201
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
        assert len(speaker.wire.requests) == 1
        assert await speaker.journaled() == [("passthrough", "post", "confirmed", "eins")]

    @pytest.mark.parametrize(
        "other",
        [
            {"method": "PUT"},
            {"path": "/v1/contacts"},
            {"body": {**ARTICLE, "title": "Anderes"}},
            {"query": {"a": "b"}},
            {"headers": {"If-Match": "1"}},
            {"files": [], "body": None},
        ],
        ids=lambda other: next(iter(other)),
    )
    async def test_the_same_key_with_another_call_is_refused(
        self, speaker: Speaker, other: dict[str, Any]
    ) -> None:
        await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)
        given = {"method": "POST", "path": "/v1/articles", "body": ARTICLE, **other}
        answer = await speaker.say(given.pop("method"), given.pop("path"), key="eins", **given)

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert len(speaker.wire.requests) == 1

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_a_write_without_a_key_is_refused(self, speaker: Speaker, method: str) -> None:
        answer = await speaker.stage.call(
            "POST", "/v1/passthrough", speaker.party, json={"method": method, "path": "/v1/articles/x"}
        )

        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert speaker.wire.requests == []

    async def test_a_key_of_a_unified_write_is_another_key(self, speaker: Speaker) -> None:
        item = {"name": "A", "type": "product", "unitName": "St", "price": "1", "taxRate": "19"}
        await speaker.stage.call("POST", "/v1/accounting/items", speaker.party, key="eins", json=item)
        answer = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)

        assert answer.json()["data"]["status"] == 201


class TestOutcomes:
    @pytest.mark.parametrize("accident", ["drop_before", "drop_after", "reset_in_body"])
    async def test_a_lost_answer_is_one_call_and_an_unknown_outcome(
        self, speaker: Speaker, accident: Any
    ) -> None:
        speaker.stage.twin.twin.fault(accident, "POST", "/v1/articles")
        lost = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)
        again = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)

        assert [(a.status_code, a.json()["code"]) for a in (lost, again)] == [(504, "outcome_unknown")] * 2
        assert len(speaker.wire.requests) == 1
        assert await speaker.journaled() == [("passthrough", "post", "unknown", "eins")]

    @pytest.mark.parametrize("status", [301, 408, 500, 502, 503, 504])
    async def test_a_status_that_does_not_tell_leaves_the_outcome_unknown(
        self, speaker: Speaker, status: int
    ) -> None:
        speaker.wire.instead = httpx2.Response(status, content=b'{"message":"Endpoint request timed out"}')
        answer = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)

        assert (answer.status_code, answer.json()["code"]) == (504, "outcome_unknown")
        assert answer.json()["upstream"]["status"] == status
        assert await speaker.journaled() == [("passthrough", "post", "unknown", "eins")]

    @pytest.mark.parametrize("status", [400, 404, 405, 406, 409, 415, 422])
    async def test_a_refusal_is_data_and_keeps_its_key(self, speaker: Speaker, status: int) -> None:
        speaker.wire.instead = httpx2.Response(status, content=b'{"message":"Nein"}')
        first = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)
        again = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)

        assert (first.status_code, first.json()["data"]["status"]) == (200, status)
        assert again.content == first.content
        assert len(speaker.wire.requests) == 1
        assert await speaker.journaled() == [("passthrough", "post", "rejected", "eins")]

    @pytest.mark.parametrize("status", [402, 403])
    async def test_what_concerns_the_connection_frees_the_key(self, speaker: Speaker, status: int) -> None:
        speaker.wire.instead = httpx2.Response(status, content=b'{"message":"Nein"}')
        first = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)
        again = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)

        assert [a.json()["data"]["status"] for a in (first, again)] == [status, 201]
        assert len(speaker.wire.requests) == 2

    async def test_what_may_not_leave_leaves_no_trace_and_no_used_key(self, speaker: Speaker) -> None:
        await speaker.say("POST", "/v1/../x", key="eins", body=ARTICLE)
        answer = await speaker.say("POST", "/v1/articles", key="eins", body=ARTICLE)

        assert answer.json()["data"]["status"] == 201


def file(content: bytes, filename: str = "beleg.pdf", name: str = "file") -> dict[str, str]:
    return {
        "name": name,
        "filename": filename,
        "mediaType": "application/pdf",
        "content": base64.b64encode(content).decode(),
    }


class TestFiles:
    async def test_a_file_goes_out_in_a_form(self, speaker: Speaker) -> None:
        answer = await speaker.say(
            "POST", "/v1/files", body={"type": "voucher"}, files=[file(PDF + b"passthrough")]
        )
        uploaded = answer.json()["data"]["body"]
        world = speaker.stage.twin.twin.world

        assert answer.json()["data"]["status"] == 202
        assert PDF + b"passthrough" in {
            file.content for books in world.organizations.values() for file in books.files.values()
        }
        assert set(uploaded) == {"id", "voucherId"}

    async def test_a_file_of_just_the_limit_is_let_through(self, speaker: Speaker) -> None:
        answer = await speaker.say(
            "POST", "/v1/files", body={"type": "voucher"}, files=[file(PDF.rjust(LARGEST))]
        )

        assert answer.status_code == 200

    async def test_a_larger_one_is_refused_by_name(self, speaker: Speaker) -> None:
        answer = await speaker.say("POST", "/v1/files", files=[file(PDF.rjust(LARGEST + 1))])

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "files[0].content")
        assert speaker.wire.requests == []

    async def test_the_same_key_with_another_file_is_refused(self, speaker: Speaker) -> None:
        body = {"type": "voucher"}
        first = await speaker.say("POST", "/v1/files", key="eins", body=body, files=[file(PDF)])
        other = await speaker.say("POST", "/v1/files", key="eins", body=body, files=[file(PDF + b"\n")])

        assert (first.status_code, other.json()["code"]) == (200, "idempotency_key_reused")

    async def test_names_are_no_way_into_the_form(self, speaker: Speaker) -> None:
        names = {"filename": 'a"; name="type"\r\n\r\nattachment', "name": 'file"; filename="x.exe'}
        await speaker.say("POST", "/v1/files", body={'ty"pe': "voucher"}, files=[{**file(PDF), **names}])
        (body,) = speaker.wire.bodies

        assert body.count(b"Content-Disposition") == 2
        assert b'filename="a%22; name=%22type%22%0D%0A%0D%0Aattachment"' in body
        assert b'name="file%22; filename=%22x.exe"' in body
