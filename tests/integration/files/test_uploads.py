"""Uploads over the API: once for each key, told honestly, remembered by digest only."""

import hashlib
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from gateway.persistence.tables import METADATA, write_journal
from tests.forms import PDF
from tests.integration.files.conftest import Uploader

pytestmark = pytest.mark.anyio


def receipt(number: int) -> bytes:
    """A PDF that nobody has seen before."""
    return PDF.replace(b"\n", b"\n%% Beleg %d\n" % number, 1)


async def test_a_receipt_is_stored_and_comes_back_as_it_was(uploader: Uploader) -> None:
    content = receipt(1)
    made = await uploader.upload(content, "Bürobedarf.pdf")
    data = made.json()["data"]
    back = await uploader.stage.call("GET", f"{made.headers['location']}/content", uploader.party)

    assert (made.status_code, made.headers["location"]) == (201, f"/v1/accounting/files/{data['id']}")
    assert (data["mediaType"], data["size"]) == ("application/pdf", len(content))
    assert data["sha256"] == hashlib.sha256(content).hexdigest()
    assert back.content == content
    assert back.headers["content-type"] == "application/pdf"
    assert back.headers["kontor-representation"] == "original"
    assert back.headers["x-content-type-options"] == "nosniff"


async def test_the_same_key_and_file_give_the_same_answer_without_a_call(uploader: Uploader) -> None:
    first = await uploader.upload(receipt(2), key="eins")
    again = await uploader.upload(receipt(2), key="eins")

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(uploader.uploads) == 1


@pytest.mark.parametrize(
    ("content", "filename"), [(receipt(4), "beleg.pdf"), (receipt(3), "anderer.pdf")], ids=["bytes", "name"]
)
async def test_the_same_key_with_another_file_is_refused(
    uploader: Uploader, content: bytes, filename: str
) -> None:
    await uploader.upload(receipt(3), key="eins")
    other = await uploader.upload(content, filename, key="eins")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(uploader.uploads) == 1


async def test_without_a_key_nothing_is_stored(uploader: Uploader) -> None:
    answer = await uploader.send(b"", "multipart/form-data; boundary=x", key="")

    assert answer.status_code == 400
    assert uploader.uploads == []


async def test_a_lost_answer_is_one_call_and_an_unknown_outcome(uploader: Uploader) -> None:
    twin = uploader.stage.twin
    twin.settings.on_cut = lambda: httpx2.RemoteProtocolError("the line was cut")
    twin.twin.fault("drop_after", "POST", "/v1/files")

    lost = await uploader.upload(receipt(5), key="eins")
    again = await uploader.upload(receipt(5), key="eins")

    assert [(a.status_code, a.json()["code"]) for a in (lost, again)] == [(504, "outcome_unknown")] * 2
    assert len(uploader.uploads) == 1


async def test_the_same_content_under_a_new_key_is_not_stored_twice(uploader: Uploader) -> None:
    """The way out of an unknown outcome: the vendor knows files by their content."""
    first = (await uploader.upload(receipt(6))).json()["data"]
    again = (await uploader.upload(receipt(6))).json()["data"]

    assert (first["id"], first["documentId"]) == (again["id"], again["documentId"])


async def test_no_table_holds_the_bytes_of_a_file(uploader: Uploader) -> None:
    content = receipt(7) + b"wiedererkennbarer Inhalt"
    await uploader.upload(content)
    async with uploader.stage.rooms.database.read() as session:
        rows: list[Any] = []
        for table in METADATA.sorted_tables:
            rows += (await session.execute(select(table))).all()
        (journaled,) = (
            await session.execute(
                select(write_journal).where(write_journal.c.connection_id == uploader.party.connection_id)
            )
        ).all()

    assert (journaled.resource, journaled.operation, journaled.state) == ("files", "upload", "confirmed")
    assert not any(b"wiedererkennbarer" in value for row in rows for value in row if isinstance(value, bytes))
    assert not any("wiedererkennbarer" in value for row in rows for value in row if isinstance(value, str))


async def test_what_the_vendor_refuses_is_told_with_its_own_word(uploader: Uploader) -> None:
    answer = await uploader.upload(b"<a/>", "rechnung.xml")
    problem = answer.json()

    assert (answer.status_code, problem["code"]) == (422, "upstream_refused")
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("file", "invalid_xrechnung")]


class TestAttach:
    async def test_having_the_method_is_having_the_route(self, uploader: Uploader) -> None:
        voucher = (await uploader.upload(receipt(9))).json()["data"]["documentId"]
        path = f"/v1/accounting/receipts/{voucher}/files"

        answer = await uploader.upload(receipt(10), path=path, key="eins")
        again = await uploader.upload(receipt(10), path=path, key="eins")

        data = answer.json()["data"]
        assert (answer.status_code, data["documentId"]) == (201, voucher)
        assert answer.headers["location"] == f"/v1/accounting/files/{data['id']}"
        assert uploader.books.vouchers[voucher].files[-1] == data["id"]
        assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")

    async def test_the_same_key_for_another_object_is_refused(self, uploader: Uploader) -> None:
        ids = [(await uploader.upload(receipt(n))).json()["data"]["documentId"] for n in (11, 12)]
        answers = [
            await uploader.upload(receipt(13), path=f"/v1/accounting/receipts/{id}/files", key="eins")
            for id in ids
        ]

        assert [answer.status_code for answer in answers] == [201, 422]

    async def test_what_is_wrong_with_a_file_is_told_before_any_call(self, uploader: Uploader) -> None:
        path = "/v1/accounting/receipts/c2382a58-1248-4293-832f-562d45e6cc2a/files"

        answer = await uploader.upload(b"GIF89a", path=path)

        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "file_type")
        assert len(uploader.stage.twin.twin.ledger.calls) == 0


async def test_the_state_of_an_upload_is_for_partners_and_that_is_said(uploader: Uploader) -> None:
    made = await uploader.upload(receipt(14))
    answer = await uploader.stage.call("GET", made.headers["location"], uploader.party)

    assert (answer.status_code, answer.json()["code"]) == (501, "not_supported")
    assert "OAuth" in answer.json()["alternative"]
    assert [
        call.path for call in uploader.stage.twin.twin.ledger.calls if call.path.endswith("/status")
    ] == []


class TestEnclose:
    PATH = "/v1/accounting/files/attachments"

    async def test_a_partner_mails_it_along(self, uploader: Uploader) -> None:
        partner = Uploader(stage=uploader.stage, party=await uploader.stage.party(partner=True))
        invoice = await uploader.stage.call(
            "GET", "/v1/accounting/invoices?status=open&limit=1", partner.party
        )
        path = f"/v1/accounting/invoices/{invoice.json()['data'][0]['id']}/send"

        made = await partner.upload(receipt(15), path=self.PATH)
        file = made.json()["data"]
        along = [{"fileId": file["id"], "filename": "agb.pdf"}]
        body = {"recipients": ["rechnung@example.com"], "attachments": along}
        sent = await uploader.stage.call("POST", path, partner.party, key="mail", json=body)

        assert (made.status_code, sent.status_code) == (201, 202)
        assert made.headers["location"] == f"/v1/accounting/files/{file['id']}"
        assert (file["status"], file["documentId"]) == ("stored", None)
        assert uploader.books.mails[-1].attachments == [file["id"]]

    async def test_by_api_key_it_is_not_supported_and_why(self, uploader: Uploader) -> None:
        answer = await uploader.upload(receipt(16), path=self.PATH)

        assert (answer.status_code, answer.json()["code"]) == (501, "not_supported")
        assert "partners only" in answer.json()["detail"]
        assert "OAuth" in answer.json()["alternative"]
        assert uploader.uploads == []

    async def test_an_xml_is_refused_before_any_call(self, uploader: Uploader) -> None:
        partner = Uploader(stage=uploader.stage, party=await uploader.stage.party(partner=True))

        answer = await partner.upload(b"<a/>", "rechnung.xml", path=self.PATH)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_for_target")
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("file", "file_type")]
        assert uploader.uploads == []
