"""Uploads: what is taken, what is made of it, and in which form it comes back."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.lexoffice.paper import note_pdf
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Reply
from tests.twin.conftest import NOW, Api, issues
from tests.twin.test_vouchers import voucher

PDF = note_pdf.draw("Beleg", NOW)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
JPG = b"\xff\xd8\xff\xe0" + bytes(60)
XML = b'<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'


def multipart(
    name: str | None = "beleg.pdf", content: bytes = PDF, **fields: str
) -> tuple[bytes, dict[str, str]]:
    pieces = []
    if name is not None:
        pieces.append(
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
            + b"Content-Type: x/y\r\n\r\n"
            + content
        )
    pieces += [
        f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode()
        for key, value in fields.items()
    ]
    body = b"".join(b"--grenze\r\n" + piece + b"\r\n" for piece in pieces) + b"--grenze--\r\n"
    return body, {"content-type": "multipart/form-data; boundary=grenze"}


def upload(
    api: Api, name: str | None = "beleg.pdf", content: bytes = PDF, path: str = "files", **fields: str
) -> Reply:
    body, headers = multipart(name, content, **fields)
    return api.call("POST", path, body, headers=headers)


def test_it_is_accepted_with_202_and_two_ids(api: Api) -> None:
    reply = upload(api, type="voucher")

    assert (reply.status, list(reply.json())) == (202, ["id", "voucherId"])


def test_the_voucher_is_blank_until_it_has_been_recognized(api: Api, twin: Twin) -> None:
    id = upload(api, type="voucher").json()["voucherId"]
    at_once = api.read(f"vouchers/{id}")["voucherStatus"]
    events = len(twin.events)
    twin.advance(3)

    assert (at_once, events) == ("blank", 0)
    assert api.read(f"vouchers/{id}")["voucherStatus"] == "unchecked"
    assert [(event.type, event.resource_id) for event in twin.events] == [("voucher.created", id)]


def test_its_progress_can_be_asked_for(api: Api, twin: Twin) -> None:
    id = upload(api, type="voucher").json()["id"]
    during = api.read(f"files/{id}/status")
    twin.advance(3)

    assert during == {"status": "upload_processing"}
    assert api.read(f"files/{id}/status") == {"id": id, "status": "upload_success"}


def test_one_that_cannot_be_read_stays_blank_and_says_so(api: Api, twin: Twin) -> None:
    twin.quirks.failing_uploads = 1
    first, second = (upload(api, content=PDF + b"\n" * n, type="voucher").json() for n in (0, 1))
    twin.advance(3)

    assert api.read(f"files/{first['id']}/status") == {"status": "upload_failed"}
    assert api.read(f"vouchers/{first['voucherId']}")["voucherStatus"] == "blank"
    assert api.read(f"vouchers/{second['voucherId']}")["voucherStatus"] == "unchecked"


def test_xml_is_not_taken_where_electronic_invoices_are_switched_off(api: Api, company: Organization) -> None:
    company.e_invoicing = False

    reply = upload(api, "a.xml", XML, type="voucher")

    assert (reply.status, issues(reply)) == (406, [("inacceptable_file_extension", "file")])
    assert upload(api, type="voucher").status == 202


def test_the_same_content_gives_the_same_ids_again(api: Api, company: Organization) -> None:
    first, second = upload(api, type="voucher").json(), upload(api, name="anders.pdf", type="voucher").json()

    assert first == second
    assert len(company.vouchers) == 1


def test_an_unchecked_voucher_is_in_the_list(api: Api, twin: Twin) -> None:
    id = upload(api, type="voucher").json()["voucherId"]
    twin.advance(3)

    rows = api.get("voucherlist", voucherType="any", voucherStatus="unchecked").json()["content"]

    assert [(row["id"], row["voucherNumber"], row["openAmount"]) for row in rows] == [(id, None, None)]


def test_it_becomes_a_booked_voucher_by_an_update(api: Api, twin: Twin) -> None:
    made = upload(api, type="voucher").json()
    twin.advance(3)
    read = api.read(f"vouchers/{made['voucherId']}")

    reply = api.put(f"vouchers/{read['id']}", voucher(version=read["version"], files=read["files"]))

    assert reply.status == 200
    assert api.read(f"vouchers/{read['id']}")["files"] == [made["id"]]


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("bild.gif", b"GIF89a", "inacceptable_file_extension"),
        ("text.txt", b"hallo", "inacceptable_file_extension"),
        ("ohne", PDF, "inacceptable_file_extension"),
        ("kaputt.pdf", b"%PDF-1.4 abgerissen", "voucher_upload_toxic_pdf"),
        ("klein.png", b"\x89PNG\r\n\x1a\n", "image_conversion_error"),
        ("kein.jpg", PDF, "image_conversion_error"),
        ("andere.xml", b"<html/>", "invalid_xrechnung"),
        ("gross.pdf", PDF + bytes(5_242_881 - len(PDF)), "max_file_size_exceeded"),
    ],
)
def test_what_is_no_voucher_is_406(api: Api, name: str, content: bytes, key: str) -> None:
    reply = upload(api, name, content, type="voucher")

    assert (reply.status, issues(reply)) == (406, [(key, "file")])


def test_five_megabytes_are_taken_to_the_byte(api: Api) -> None:
    padded = PDF[:-6] + bytes(5_242_880 - len(PDF)) + PDF[-6:]

    assert len(padded) == 5_242_880
    assert upload(api, content=padded, type="voucher").status == 202


def test_a_wrong_type_is_answered_with_a_bare_string(api: Api) -> None:
    reply = upload(api, type="invoice")

    assert (reply.status, isinstance(reply.json(), str)) == (400, True)


def test_a_missing_type_is_one_issue_at_the_top_level(api: Api) -> None:
    reply = upload(api)

    assert (reply.status, reply.json()["source"]) == (400, "type")
    assert "IssueList" not in reply.json()


def test_no_file_is_an_internal_error(api: Api) -> None:
    assert upload(api, None, type="voucher").status == 500


def test_a_body_that_is_no_form_is_415(api: Api) -> None:
    assert api.post("files", {}).status == 415


def test_an_attachment_makes_no_voucher(api: Api, company: Organization) -> None:
    reply = upload(api, type="attachment")

    assert (reply.status, list(reply.json()), len(company.vouchers)) == (202, ["id"], 0)


def test_an_attachment_has_two_megabytes(api: Api) -> None:
    assert upload(api, content=PDF[:-6] + bytes(2 * 1024 * 1024) + PDF[-6:], type="attachment").status == 406


@pytest.mark.parametrize(
    ("name", "content", "accept", "status", "type"),
    [
        ("a.pdf", PDF, "*/*", 200, "application/pdf"),
        ("a.pdf", PDF, "application/xml", 404, None),
        ("a.png", PNG, "*/*", 200, "image/png"),
        ("a.png", PNG, "application/pdf", 200, "image/png"),
        ("a.jpg", JPG, "image/jpeg", 200, "image/jpeg"),
        ("a.xml", XML, "*/*", 200, "application/xml"),
        ("a.xml", XML, "application/xml", 200, "application/xml"),
        ("a.xml", XML, "application/pdf", 200, "application/pdf"),
        ("a.pdf", PDF, "text/html", 406, None),
    ],
)
def test_it_comes_back_in_the_form_asked_for(
    api: Api, name: str, content: bytes, accept: str, status: int, type: str | None
) -> None:
    id = upload(api, name, content, type="voucher").json()["id"]

    reply = api.get(f"files/{id}", accept=accept)

    assert reply.status == status
    if type is not None:
        extension = {
            "application/pdf": "pdf",
            "application/xml": "xml",
            "image/png": "png",
            "image/jpeg": "jpg",
        }[type]
        assert reply.header("content-type") == type
        assert reply.header("content-disposition") == f"inline; filename={id}.{extension};"


def test_asked_for_as_json_a_file_arrives_as_base64(api: Api) -> None:
    import base64

    id = upload(api, type="voucher").json()["id"]

    reply = api.get(f"files/{id}", accept="application/json")

    assert (base64.b64decode(reply.body), reply.header("content-type")) == (PDF, "application/pdf")


class TestAttachToVoucher:
    @pytest.fixture
    def booked(self, api: Api) -> str:
        return api.create("vouchers", voucher())

    def test_takes_no_type_and_answers_the_id_alone(self, api: Api, booked: str) -> None:
        reply = upload(api, path=f"vouchers/{booked}/files")

        assert (reply.status, list(reply.json())) == (202, ["id"])
        assert api.read(f"vouchers/{booked}")["files"] == [reply.json()["id"]]

    def test_the_same_paper_on_two_vouchers_is_two_files(self, api: Api, booked: str) -> None:
        other = api.create("vouchers", voucher(voucherNumber="ER-2"))
        files = [upload(api, path=f"vouchers/{id}/files").json()["id"] for id in (booked, other, other)]

        api.put(f"vouchers/{booked}", voucher(version=api.read(f"vouchers/{booked}")["version"]))

        assert files[0] != files[1] == files[2]
        assert [api.get(f"files/{id}", accept="*/*").status for id in files[:2]] == [404, 200]

    def test_a_file_left_out_of_an_update_is_gone_for_good(self, api: Api, booked: str) -> None:
        file = upload(api, path=f"vouchers/{booked}/files").json()["id"]
        version = api.read(f"vouchers/{booked}")["version"]

        api.put(f"vouchers/{booked}", voucher(version=version))

        assert "files" not in api.read(f"vouchers/{booked}") or api.read(f"vouchers/{booked}")["files"] == []
        assert api.get(f"files/{file}").status == 404

    def test_needs_both_scopes(self, twin: Twin, company: Organization, booked: str) -> None:
        statuses = [
            upload(
                Api(twin, twin.create_api_key(company.id, permissions=given)), path=f"vouchers/{booked}/files"
            ).status
            for given in (["vouchers.write"], ["files.write"], ["vouchers.write", "files.write"])
        ]

        assert statuses == [403, 403, 202]

    def test_there_is_no_get_on_it(self, api: Api, booked: str) -> None:
        assert api.get(f"vouchers/{booked}/files").status == 404


def test_the_boundary_may_occur_within_the_content(api: Api, sample: Callable[[str], Any]) -> None:
    content = PDF[:-6] + b"\n--grenze within\n" + PDF[-6:]

    id = upload(api, content=content, type="voucher").json()["id"]

    assert api.get(f"files/{id}", accept="*/*").body == content
