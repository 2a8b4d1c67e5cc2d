"""SEC-32, SEC-39: forms with files as they arrive: whole, in pieces, broken, too large, not what they say."""

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from multipart import parse_content_disposition

from connectors.base.files import LARGEST
from gateway.api import forms
from gateway.api.uploads import fit_upload
from tests.forms import PDF, encoded
from tests.integration.files.conftest import Uploader

pytestmark = pytest.mark.anyio

TYPE = "multipart/form-data; boundary=grenze"
HEAD = b'--grenze\r\nContent-Disposition: form-data; name="file"; filename="beleg.pdf"\r\n\r\n'
END = b"\r\n--grenze--\r\n"
MIB = 1024 * 1024


def pdf_of(size: int) -> bytes:
    return PDF[:-6].ljust(size - 6, b" ") + b"%%EOF\n"


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


class TestReading:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 4096])
    async def test_a_form_in_pieces_without_a_length_is_the_same_form(
        self, uploader: Uploader, size: int
    ) -> None:
        answer = await uploader.send(pieces(HEAD + PDF + END, size), TYPE)

        assert answer.status_code == 201
        assert uploader.books.files[answer.json()["data"]["id"]].content == PDF

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (HEAD + PDF + END, "multipart/form-data"),
            (HEAD + PDF + END, "multipart/form-data; boundary="),
            (HEAD + PDF + END, f"multipart/form-data; boundary={'x' * 71}"),
            (HEAD + PDF + END, "multipart/form-data; boundary=anders"),
            (HEAD + PDF, TYPE),
            (HEAD + PDF + END[:-5], TYPE),
            (HEAD[:40], TYPE),
            (b"", TYPE),
            (b"--grenze\r\n\r\n" + PDF + END, TYPE),
            (b"--grenze\nContent-Disposition: form-data; name=file\n\n" + PDF + END, TYPE),
            (b"--grenze\r\nContent-Disposition: attachment; name=file\r\n\r\n" + PDF + END, TYPE),
            (b"--grenze\r\nContent-Disposition form-data\r\n\r\n" + PDF + END, TYPE),
            (HEAD[:-2] + b"X: " + b"y" * 5000 + b"\r\n\r\n" + PDF + END, TYPE),
            (HEAD[:-2] + b"X-Y: z\r\n" * 9 + b"\r\n" + PDF + END, TYPE),
            (HEAD[:-2] + b"Content-Length: 3\r\n\r\n" + PDF + END, TYPE),
            (HEAD[:-2] + b"X-\xff: z\r\n\r\n" + PDF + END, TYPE),
            ((HEAD + PDF + b"\r\n") * 9 + END[2:], TYPE),
            (b'{"file": "JVBERi0="}', TYPE),
        ],
    )
    async def test_a_form_that_cannot_be_read_is_malformed(
        self, uploader: Uploader, body: bytes, content_type: str
    ) -> None:
        answer = await uploader.send(body, content_type)

        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert uploader.uploads == []

    async def test_another_media_type_is_refused_by_name(self, uploader: Uploader) -> None:
        answer = await uploader.send(PDF, "application/pdf")

        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
        assert "multipart/form-data" in answer.json()["hint"]


class TestSizes:
    async def test_a_file_of_just_the_limit_is_taken(self, uploader: Uploader) -> None:
        answer = await uploader.upload(pdf_of(LARGEST))

        assert (answer.status_code, answer.json()["data"]["size"]) == (201, 5_242_880)

    @pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
    async def test_one_byte_more_is_too_large(self, uploader: Uploader, told: bool) -> None:
        body, content_type = encoded({"file": pdf_of(LARGEST + 1)})

        answer = await uploader.send(body if told else pieces(body, 65_536), content_type)

        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert uploader.uploads == []

    @pytest.mark.parametrize("before", [HEAD, b"", HEAD + PDF + END], ids=["file", "preamble", "epilogue"])
    async def test_what_goes_beyond_the_limit_is_neither_read_nor_kept(
        self, uploader: Uploader, before: bytes
    ) -> None:
        given = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal given
            yield before
            while given < 200 * MIB:
                given += 65_536
                yield b"\r" * 65_536

        tracemalloc.start()
        answer = await uploader.send(endless(), TYPE)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert answer.status_code == 413
        assert given <= LARGEST + 2 * 65_536
        assert peak < 2 * LARGEST

    async def test_a_file_of_the_limit_takes_twice_its_size_to_read(self) -> None:
        body = HEAD + pdf_of(LARGEST) + END
        tracemalloc.start()
        parts = await forms.read(pieces(body, 65_536), TYPE, LARGEST)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert len(parts[0].content) == LARGEST
        assert peak < 2.25 * LARGEST

    async def test_many_small_parts_are_no_way_around_the_limit(self, uploader: Uploader) -> None:
        part = HEAD + pdf_of(LARGEST // 4) + b"\r\n"

        answer = await uploader.send(pieces(part * 6 + END[2:], 65_536), TYPE)

        assert answer.status_code == 413


PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
JPG = b"\xff\xd8\xff\xe0" + bytes(60)
XML = b'<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'


def declared(media_type: str, content: bytes, filename: str = "beleg") -> bytes:
    head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: {media_type}'
    return b"--grenze\r\n" + head.encode() + b"\r\n\r\n" + content + END


class TestContent:
    @pytest.mark.parametrize(
        ("media_type", "content", "extension"),
        [
            ("application/pdf", PDF, "pdf"),
            ("application/octet-stream", PDF, "pdf"),
            ("image/png", PNG, "png"),
            ("image/jpg", JPG, "jpeg"),
            ("image/jpeg", JPG, "jpg"),
            ("text/xml; charset=utf-8", XML, "xml"),
            ("application/xml", b"\xef\xbb\xbf" + XML, "xml"),
            ("application/xml", b"\n \n" + XML, "xml"),
            ("application/xml", b'<?xml version="1.0"?>\n<!-- Rechnung -->' + XML, "XML"),
            ("application/xml", b'<?xml version="1.0" encoding="ISO-8859-1"?>' + XML, "xml"),
        ],
    )
    async def test_what_is_what_it_says_is_taken(
        self, uploader: Uploader, media_type: str, content: bytes, extension: str
    ) -> None:
        answer = await uploader.send(declared(media_type, content, f"beleg.{extension}"), TYPE)

        assert answer.status_code == 201, answer.text

    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            (declared("application/pdf", b""), "file", "empty"),
            (declared("application/pdf", PNG), "file", "file_type_mismatch"),
            (declared("image/png", JPG), "file", "file_type_mismatch"),
            (declared("text/html", PDF), "file", "file_type_mismatch"),
            (declared("application/octet-stream", PNG, "beleg.pdf"), "file", "file_type_mismatch"),
            (declared("application/pdf", b"GIF89a" + bytes(60)), "file", "file_type"),
            (declared("application/pdf", b"II*\x00" + bytes(60)), "file", "file_type"),
            (declared("application/pdf", b"MZ" + PDF), "file", "file_type"),
            (declared("text/plain", b"Rechnung"), "file", "file_type"),
            (declared("application/xml", b"\x00\x00\xfe\xff\x00\x00\x00<"), "file", "file_type"),
            (declared("application/xml", b"<a><b></a>"), "file", "xml"),
            (declared("application/xml", b"<a/><a/>"), "file", "xml"),
            (declared("application/xml", b"<html><br>"), "file", "xml"),
            (declared("application/xml", b"<a>\xff</a>"), "file", "xml"),
            (declared("application/xml", b'<?xml version="1.0" encoding="utf-7"?><a/>'), "file", "xml"),
            (declared("application/xml", b"<a>&nbsp;</a>"), "file", "xml"),
            (declared("application/xml", b"<!DOCTYPE a><a/>"), "file", "xml"),
            (declared("application/xml", "<!DOCTYPE a><a/>".encode("utf-16")), "file", "xml"),
            (HEAD + PDF + b"\r\n" + HEAD + PDF + END, "file", "repeated"),
            (HEAD.replace(b'"file"', b'"datei"') + PDF + END, "file", "missing"),
            (HEAD.replace(b'"file"', b'"datei"') + PDF + END, "datei", "unknown_field"),
            (
                HEAD + PDF + b"\r\n" + HEAD.replace(b'"file"', b'"type"') + b"voucher" + END,
                "type",
                "unknown_field",
            ),
            (HEAD.replace(b'; name="file"', b"") + PDF + END, "", "unknown_field"),
        ],
    )
    async def test_what_is_not_is_refused_by_name(
        self, uploader: Uploader, body: bytes, field: str, code: str
    ) -> None:
        answer = await uploader.send(body, TYPE)

        assert answer.status_code == 422, answer.text
        assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]
        assert uploader.uploads == []

    @pytest.mark.needs("shared")
    async def test_no_hostile_xml_enters(self, uploader: Uploader, shared: Path) -> None:
        """What has no document type, such as XInclude, is markup like any other: the vendor judges it."""
        folder = shared / "data/attacks"
        files = [(folder / name).read_text("utf-8") for name in ("billion-laughs.xml", "xxe-classic.xml")]
        lines = (folder / "xxe.txt").read_text("utf-8").splitlines()
        files += [line for line in lines if line.startswith("<")]
        assert len(files) >= 10
        for content in files:
            sent = len(uploader.uploads)
            answer = await uploader.send(declared("application/xml", content.encode()), TYPE)
            assert answer.status_code == 422, content[:200]
            if "<!DOCTYPE" in content or "<!ENTITY" in content:
                assert answer.json()["errors"][0]["code"] == "xml", content[:200]
                assert len(uploader.uploads) == sent

    @pytest.mark.needs("shared")
    async def test_electronic_invoices_of_others_are_taken(self, uploader: Uploader, shared: Path) -> None:
        files = [*(shared / "data/xrechnung").rglob("*.xml"), *(shared / "data/zugferd").rglob("*.pdf")]
        assert len(files) >= 100
        for file in files[::2]:
            answer = await uploader.upload(file.read_bytes(), file.name)
            assert answer.status_code == 201 or answer.json()["code"] == "upstream_refused", file.name


NAMES = [
    ("../../etc/passwd", "passwd.pdf"),
    ("..\\..\\boot.ini", "boot.ini.pdf"),
    ("C:\\Belege\\Rechnung 7.pdf", "Rechnung 7.pdf"),
    ("/etc/cron.d/x.pdf", "x.pdf"),
    ("a%00.pdf", "a_00.pdf"),
    ("a%0d%0aX-Injected: 1.pdf", "a_0d_0aX-Injected_ 1.pdf"),
    ("rechnung.pdf%22; name=%22type", "rechnung.pdf_ name_type.pdf"),
    (".pdf", "upload.pdf"),
    ("..", "upload.pdf"),
    ("", "upload.pdf"),
    ("Rechnung Nr. 12", "Rechnung Nr. 12.pdf"),
    ("Bürobedarf Müller.PDF", "Bürobedarf Müller.pdf"),
    ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
]


@pytest.mark.parametrize(("given", "sent"), NAMES)
def test_a_name_is_never_a_path_nor_a_header(given: str, sent: str) -> None:
    _, _, name = parse_content_disposition(f'form-data; name="file"; filename="{given}"')

    upload = fit_upload([forms.Part(name="file", filename=name, media_type=None, content=PDF)])

    assert upload.filename == sent
