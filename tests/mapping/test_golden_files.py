"""The vendor's answers to uploads, and what is told of them. Expected values written out by hand.

Source: "Files" (read 2026-11-20): the sample of an upload to the inbox; of an attachment only the id is told.
"""

from typing import Any

import msgspec
import pytest

from connectors.base.files import Upload
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.uploads import stored, uploaded
from schemas.files import FileStatus
from tests.mapping.builders import APP

FILE = "ed6ce9c0-a3c5-4813-ae75-58163836b341"
VOUCHER = "62294b43-8227-476b-89c0-8f8d18697995"
UPLOAD = Upload(content=b"%PDF-1.7\n%%EOF\n", media_type="application/pdf", filename="agb.pdf", sha256="ab12")
SHARED = {"id": FILE, "mediaType": "application/pdf", "size": 15, "sha256": "ab12", "alreadyStored": None}


def answer(body: str) -> Answer:
    return Answer(status=202, headers={}, content=body.encode())


def told(body: str, **known: Any) -> Any:
    file = uploaded(answer(body))
    record = stored(file, UPLOAD, document_id=file.voucher_id, already_stored=None, **known)
    return msgspec.to_builtins(record)


def test_an_upload_to_the_inbox_names_its_voucher() -> None:
    body = f'{{"id":"{FILE}","voucherId":"{VOUCHER}"}}'
    link = links.document(APP, "vouchers", VOUCHER, editable=False)

    assert told(body, status=FileStatus.PROCESSING, vendor_status="blank", link=link) == {
        **SHARED,
        "status": "processing",
        "vendorStatus": "blank",
        "documentId": VOUCHER,
        "links": {"view": f"https://app.lexware.de/permalink/vouchers/view/{VOUCHER}", "edit": None},
    }


def test_a_file_to_mail_along_has_no_voucher_and_no_address() -> None:
    body = f'{{"id":"{FILE}"}}'

    assert told(body, status=FileStatus.STORED, vendor_status=None, link=links.NONE) == {
        **SHARED,
        "status": "stored",
        "vendorStatus": None,
        "documentId": None,
        "links": {"view": None, "edit": None},
    }


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"id":"1"}', '{"id":null}'])
def test_what_names_no_file_is_refused(body: str) -> None:
    with pytest.raises((ValueError, msgspec.DecodeError)):
        uploaded(answer(body))
