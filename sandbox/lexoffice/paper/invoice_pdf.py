"""Sales documents on paper: one page after the other, as a German business letter lays them out."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from fpdf.enums import MethodReturnValue, XPos, YPos

from sandbox.lexoffice.countries import COUNTRIES
from sandbox.lexoffice.paper.letter import GREY, Letter, euro, german_day, german_number, quantity, written
from sandbox.lexoffice.paper.vat_categories import OF_TYPE
from sandbox.lexoffice.paper.vat_categories import ZERO as ZERO_RATED
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.sales.profiles import vat_id_of
from sandbox.lexoffice.state import Document, Organization

COLUMNS = (
    (12, "Pos.", "L"),
    (76, "Bezeichnung", "L"),
    (24, "Menge", "R"),
    (22, "Einzelpreis", "R"),
    (12, "USt.", "R"),
    (24, "Betrag", "R"),
)
NAME = COLUMNS[1]


def draw(organization: Organization, document: Document, xml: bytes | None = None) -> bytes:
    """The PDF of a document, with its XML enclosed where given. The same document gives the same bytes."""
    kind = KINDS[document.kind]
    title = f"{kind.german} {document.number or ''}".strip()
    letter = Letter(organization, title, document.updated)
    if xml is not None:
        letter.enclose(xml, document.updated)
    _addresses(letter, organization, document)
    _facts(letter, organization, document)
    letter.face(14, bold=True)
    title = document.body.get("title") or kind.german
    letter.paragraph(f"{title} {document.number or ''}".strip(), 8)
    letter.face(10)
    if introduction := document.body.get("introduction"):
        letter.paragraph(introduction)
    letter.ln(3)
    _lines(letter, document)
    _totals(letter, document)
    _closing(letter, document)
    return bytes(letter.output())


def _addresses(letter: Letter, organization: Organization, document: Document) -> None:
    head, to = organization.letterhead, document.body["address"]
    letter.face(13, bold=True)
    letter.put(0, organization.name, 7, "R", last=True)
    letter.set_y(50)
    letter.face(7.5)
    letter.set_text_color(*GREY)
    letter.put(0, f"{organization.name} · {head.street} · {head.zip} {head.city}", 4, last=True)
    letter.set_text_color(0)
    letter.face(10)
    letter.ln(2)
    place = " ".join(part for part in (to.get("zip"), to.get("city")) if part)
    rows = [to["name"], to.get("contactPerson"), to.get("supplement"), to.get("street"), place]
    if to["countryCode"] != "DE":
        rows.append(COUNTRIES[to["countryCode"]].german)
    for row in rows:
        if row:
            letter.put(100, row, last=True)


def _facts(letter: Letter, organization: Organization, document: Document) -> None:
    """Numbers and days, at the right of the address."""
    kind, contact = KINDS[document.kind], organization.contacts.get(document.contact_id or "")
    facts = [(f"{kind.german} Nr.", document.number), ("Datum", german_day(document.voucher_date))]
    shipping = document.body.get("shippingConditions", {})
    if shipping.get("shippingDate"):
        days = [shipping[name] for name in ("shippingDate", "shippingEndDate") if name in shipping]
        label = "Leistung" if shipping["shippingType"].startswith("service") else "Lieferung"
        facts.append((label, " - ".join(german_day(datetime.fromisoformat(day)) for day in days)))
    if document.due:
        facts.append(("Fällig am", german_day(document.due)))
    if "expirationDate" in document.body:
        facts.append(("Gültig bis", german_day(datetime.fromisoformat(document.body["expirationDate"]))))
    if contact and contact.customer_number:
        facts.append(("Kunden-Nr.", str(contact.customer_number)))
    if OF_TYPE.get(document.body["taxConditions"]["taxType"], ZERO_RATED).needs_buyer_vat_id:
        # §14a UStG: where the customer owes the tax, the invoice names the customer's VAT id.
        facts.append(("Ihre USt-IdNr.", vat_id_of(contact)))
    letter.set_y(58)
    for label, fact in facts:
        if fact:
            letter.set_x(112)
            letter.put(32, label)
            letter.put(46, fact, align="R", last=True)
    letter.set_y(98)


def _lines(letter: Letter, document: Document) -> None:
    _column_heads(letter)
    gross = document.body["taxConditions"]["taxType"] == "gross"
    position = 0
    for line in document.body["lineItems"]:
        position += line["type"] != "text"
        if letter.will_page_break(_height(letter, line)):
            letter.add_page()
            _column_heads(letter)
        _line(letter, line, "" if line["type"] == "text" else str(position), gross)


def _column_heads(letter: Letter) -> None:
    letter.face(9, bold=True)
    for width, label, align in COLUMNS:
        letter.put(width, label, 7, align)
    letter.ln(7)
    letter.set_draw_color(*GREY)
    letter.line(20, letter.get_y(), 190, letter.get_y())
    letter.ln(1)


def _height(letter: Letter, line: dict[str, Any]) -> float:
    """How much room the line's name and first row of notes take; longer notes may run on."""
    letter.face(9)
    text = written(line.get("name", ""))
    rows = letter.multi_cell(NAME[0], 5, text, dry_run=True, output=MethodReturnValue.LINES)
    return 5 * len(cast(list[str], rows)) + 6


def _line(letter: Letter, line: dict[str, Any], position: str, gross: bool) -> None:
    letter.face(9)
    top = letter.get_y()
    letter.put(COLUMNS[0][0], position, 5)
    letter.multi_cell(
        NAME[0], 5, written(line.get("name", "")), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )
    bottom = letter.get_y()
    if "quantity" in line:
        letter.set_xy(20 + COLUMNS[0][0] + NAME[0], top)
        for (width, _, align), cell in zip(COLUMNS[2:], _cells(line, gross), strict=True):
            letter.put(width, cell, 5, align)
        letter.set_xy(20, max(bottom, top + 5))
    letter.face(8)
    letter.set_text_color(*GREY)
    for note in _notes(line):
        letter.set_x(20 + COLUMNS[0][0])
        letter.multi_cell(100, 4, written(note), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    letter.set_text_color(0)
    letter.ln(1.5)


def _cells(line: dict[str, Any], gross: bool) -> list[str]:
    """Quantity, unit price, rate and amount of a line; a delivery note may have no prices."""
    price = line.get("unitPrice")
    return [
        f"{quantity(line['quantity'])} {line['unitName']}",
        german_number(price["grossAmount" if gross else "netAmount"]) if price else "",
        f"{quantity(price['taxRatePercentage'])} %" if price else "",
        german_number(line["lineItemAmount"]) if "lineItemAmount" in line else "",
    ]


def _notes(line: dict[str, Any]) -> list[str]:
    notes = [line["description"]] if line.get("description") else []
    if line.get("discountPercentage"):
        notes.append(f"abzüglich {quantity(line['discountPercentage'])} % Rabatt")
    if line.get("optional"):
        notes.append("Optionale Position, nicht in der Summe enthalten")
    notes += [
        f"Alternativ: {below.get('name', '')}, {euro(below['lineItemAmount'])}"
        for below in line.get("subItems", [])
    ]
    return notes


def _totals(letter: Letter, document: Document) -> None:
    total = document.body.get("totalPrice")
    if total is None:
        return
    if letter.will_page_break(30):
        letter.add_page()
    letter.line(20, letter.get_y(), 190, letter.get_y())
    letter.ln(2)
    letter.face(10)
    rows = [*_discounted(document), ("Summe netto", total["totalNetAmount"])]
    rows += [
        (
            f"Umsatzsteuer {quantity(tax['taxRatePercentage'])} % auf {german_number(tax['netAmount'])}",
            tax["taxAmount"],
        )
        for tax in document.body["taxAmounts"]
        if tax["taxRatePercentage"]
    ]
    _sums(letter, rows)
    _sum(letter, "Gesamtbetrag", total["totalGrossAmount"])
    if "downPaymentDeductions" in document.body:
        _sums(letter, [_deduction(row) for row in document.body["downPaymentDeductions"]])
        _sum(letter, "Noch zu zahlen", document.body["claimedGrossAmount"])
    letter.ln(3)


def _sums(letter: Letter, rows: list[tuple[str, Any]]) -> None:
    for label, amount in rows:
        letter.put(140, label, align="R")
        letter.put(30, euro(amount), align="R", last=True)


def _sum(letter: Letter, label: str, amount: Any) -> None:
    letter.face(11, bold=True)
    letter.put(140, label, 7, "R")
    letter.put(30, euro(amount), 7, "R", last=True)
    letter.face(10)


def _deduction(row: dict[str, Any]) -> tuple[str, Any]:
    """What a down payment invoice brought in, and the tax in it (§14 (5) UStG wants both)."""
    day = german_day(datetime.fromisoformat(row["voucherDate"]))
    tax = f"darin {euro(row['receivedTaxAmount'])} Umsatzsteuer"
    return f"abzüglich Abschlag {row['voucherNumber']} vom {day}, {tax}", -row["receivedGrossAmount"]


def _discounted(document: Document) -> list[tuple[str, Decimal]]:
    """The sum of the lines and what the total discount takes off it, where there is one."""
    total = document.body["totalPrice"]
    if not (total.get("totalDiscountAbsolute") or total.get("totalDiscountPercentage")):
        return []
    counted = [
        line["lineItemAmount"]
        for line in document.body["lineItems"]
        if "lineItemAmount" in line and not line.get("optional")
    ]
    gross = document.body["taxConditions"]["taxType"] == "gross"
    lines = sum(counted, Decimal(0))
    off = lines - total["totalGrossAmount" if gross else "totalNetAmount"]
    percent = total.get("totalDiscountPercentage")
    label = f"abzüglich {quantity(percent)} % Rabatt" if percent else "abzüglich Rabatt"
    return [("Zwischensumme", lines), (label, -off)]


def _closing(letter: Letter, document: Document) -> None:
    body = document.body
    terms = body.get("paymentConditions", {}).get("paymentTermLabel")
    for text in (
        body["taxConditions"].get("taxTypeNote"),
        terms,
        body.get("deliveryTerms"),
        body.get("remark"),
    ):
        if text:
            letter.paragraph(text)
            letter.ln(1.5)
