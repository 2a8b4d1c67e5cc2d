"""What third-party clients taught when they were run, by number: the twin behaves as they found the vendor.

Numbers follow the project's reference on the vendor's API, section "Learned by running third-party clients".
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from sandbox.lexoffice.app import create_app
from sandbox.lexoffice.settings import TwinSettings
from tests.twin.conftest import Api, invoice
from tests.twin.test_uploads import multipart

LESSONS = (1, 2, 3, 4, 5, 6, 7)


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_has_a_test(number: int) -> None:
    assert re.search(rf"^(async )?def test_{number:02d}_", Path(__file__).read_text(), re.MULTILINE)


@pytest.mark.anyio
async def test_01_an_upload_in_chunks_without_a_length_is_taken() -> None:
    app = create_app(TwinSettings())
    body, headers = multipart(type="voucher")

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://twin") as client:
        key = app.identity.organizations[0].api_key
        sent = {**headers, "authorization": f"Bearer {key}"}
        reply = await client.post("/v1/files", content=chunks(), headers=sent)

    [received] = app.twin.ledger.of("POST", "/v1/files")
    assert reply.status_code == 202
    assert "content-length" not in received.headers


def test_02_a_pdf_asked_for_as_json_is_base64(api: Api) -> None:
    id = api.create("invoices", invoice(), finalize="true")

    assert api.get(f"invoices/{id}/file", accept="application/json").body.startswith(b"JVBERi0")


def test_03_a_page_of_articles_has_25_at_least(api: Api) -> None:
    assert api.get("articles", size="1").status == 406


def test_05_dunnings_are_no_type_of_the_list(api: Api) -> None:
    assert api.get("voucherlist", voucherType="dunning", voucherStatus="any").status == 400


def test_06_finalized_for_finalize_makes_a_draft(api: Api) -> None:
    assert (
        api.read(f"invoices/{api.create('invoices', invoice(), finalized='true')}")["voucherStatus"]
        == "draft"
    )


def test_07_xml_is_for_invoices_and_credit_notes(api: Api) -> None:
    order = api.create("order-confirmations", invoice(), finalize="true")
    sale = api.create("invoices", invoice(), finalize="true")

    assert api.get(f"order-confirmations/{order}/file", accept="application/xml").status == 406
    assert api.get(f"invoices/{sale}/file", accept="application/xml").status == 404


def test_04_a_retry_after_is_in_seconds_where_it_comes_at_all(api: Api) -> None:
    api.twin.rate_limit(True)
    api.twin.quirks.retry_after_header = True

    assert [api.get("profile").header("retry-after") for _ in range(3)] == [None, None, "1"]
