"""The letter paper: PDF/A-3 with embedded typefaces and the footer that German business letters must have."""

import functools
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import DocumentCompliance, XPos, YPos
from fpdf.fonts import TTFFont

from sandbox.lexoffice import dates
from sandbox.lexoffice.state import Organization

FAMILY = "DejaVu"
FACES = {"": "DejaVuSansCondensed.ttf", "B": "DejaVuSansCondensed-Bold.ttf"}
FONTS = Path(__file__).parent / "fonts"
GREY = (96, 104, 114)
XML_NAME = "factur-x.xml"


@functools.cache
def known_signs() -> frozenset[int]:
    """Code points that both faces can show."""
    book = FPDF()
    for style, face in FACES.items():
        book.add_font(FAMILY, style, FONTS / face)
    faces = [font for font in book.fonts.values() if isinstance(font, TTFFont)]
    for face in faces:
        face.ttfont.close()
    return frozenset.intersection(*(frozenset(face.cmap) for face in faces))


def written(text: str) -> str:
    """What the letter's typeface can show; the rest becomes a question mark."""
    signs = known_signs()
    return "".join(sign if sign == "\n" or ord(sign) in signs else "?" for sign in text)


def german_number(value: Decimal | int, places: int = 2) -> str:
    """1234.5 to `1.234,50`; with more decimals than `places` where the number has them."""
    number = Decimal(value)
    exponent = number.normalize().as_tuple().exponent
    places = max(places, -exponent if isinstance(exponent, int) else places)
    return f"{number:,.{places}f}".translate(str.maketrans(",.", ".,"))


def euro(value: Decimal | int) -> str:
    return f"{german_number(value)} €"


def quantity(value: Decimal | int) -> str:
    return german_number(value, 0)


def german_day(moment: datetime) -> str:
    return f"{dates.local_day(moment):%d.%m.%Y}"


class Letter(FPDF):
    def __init__(self, organization: Organization, title: str, created: datetime) -> None:
        super().__init__(format="A4", enforce_compliance=DocumentCompliance.PDFA_3B)
        self._organization = organization
        for style, face in FACES.items():
            self.add_font(FAMILY, style, FONTS / face)
        self.set_creation_date(created)
        self.set_title(written(title))
        self.set_author(written(organization.name))
        self.set_lang("de-DE")
        self.set_margins(20, 20)
        self.set_auto_page_break(True, 32)
        self._described = (written(title), written(organization.name), created)
        self.set_xmp_metadata(xmp(*self._described))
        self.add_page()

    def face(self, size: float, bold: bool = False) -> None:
        self.set_font(FAMILY, "B" if bold else "", size)

    def put(self, width: float, text: str, height: float = 5, align: str = "L", last: bool = False) -> None:
        after = (XPos.LMARGIN, YPos.NEXT) if last else (XPos.RIGHT, YPos.TOP)
        self.cell(width, height, written(text), align=align, new_x=after[0], new_y=after[1])

    def paragraph(self, text: str, height: float = 5) -> None:
        self.multi_cell(0, height, written(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def enclose(self, xml: bytes, created: datetime) -> None:
        """Make it a ZUGFeRD invoice: the same content for machines goes along as a file."""
        self.embed_file(
            bytes=xml,
            basename=XML_NAME,
            mime_type="text/xml",
            modification_date=created,
            associated_file_relationship="ALTERNATIVE",
            desc="Rechnung als XML nach EN 16931",
        )
        self.set_xmp_metadata(xmp(*self._described, electronic=True))

    def footer(self) -> None:
        head = self._organization.letterhead
        rows = (
            (self._organization.name, head.street, f"{head.zip} {head.city}"),
            (head.phone and f"Tel. {head.phone}", head.email, head.website, head.register),
            (
                head.bank,
                head.iban and f"IBAN {head.iban}",
                head.bic and f"BIC {head.bic}",
                head.vat_id and f"USt-IdNr. {head.vat_id}",
                head.tax_number and f"Steuernummer {head.tax_number}",
            ),
        )
        self.set_y(-26)
        self.face(7)
        self.set_text_color(*GREY)
        for row in rows:
            self.put(0, " · ".join(part for part in row if part), 4, "C", last=True)
        self.put(0, f"Seite {self.page_no()} von {{nb}}", 4, "C", last=True)
        self.set_text_color(0)


EXTENSION = """
  <rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
   <fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>{file}</fx:DocumentFileName>
   <fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
   <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>Factur-X</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>fx</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>
   </rdf:li></rdf:Bag></pdfaExtension:schemas>
  </rdf:Description>"""
PROPERTY = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{0}</pdfaProperty:name>'
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
    "<pdfaProperty:category>external</pdfaProperty:category>"
    "<pdfaProperty:description>{0} of the enclosed invoice</pdfaProperty:description></rdf:li>"
)
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
   <xmp:CreateDate>{created}</xmp:CreateDate>
  </rdf:Description>{extension}
</rdf:RDF></x:xmpmeta>"""


def xmp(title: str, author: str, created: datetime, electronic: bool = False) -> str:
    """The file's description of itself, with the members that tell readers of e-invoices what is enclosed."""
    names = ("DocumentType", "DocumentFileName", "Version", "ConformanceLevel")
    properties = "".join(PROPERTY.format(name) for name in names)
    return XMP.format(
        title=escape(title),
        author=escape(author),
        created=created.astimezone(UTC).isoformat(timespec="seconds"),
        extension=EXTENSION.format(file=XML_NAME, properties=properties) if electronic else "",
    )
