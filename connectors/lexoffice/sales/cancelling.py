"""A credit note over all lines of an invoice: the way to cancel one, as the vendor voids none. Pure.

Source: "Credit Notes", "Following documents" (read 2026-11-20). One credit note an invoice, none for closing
invoices; made from the invoice and finalized, the invoice owes nothing more at once.
"""

from decimal import Decimal

from msgspec.structs import replace

from connectors.base.errors import NotWritable
from connectors.base.mapping import FOUR_PLACES, plain
from connectors.base.taxation import HUNDRED, cents
from connectors.lexoffice.days import local_day
from connectors.lexoffice.native import credit_notes as native
from connectors.lexoffice.native.sales import LineItem, SalesVoucher, TotalPrice, UnitPrice
from connectors.lexoffice.sales.following import obstacle, traits
from connectors.lexoffice.sales.reading import STATUS
from schemas.actions import CancelInput
from schemas.documents import DocumentStatus

WORKAROUND = "Lexware's API voids no invoices: a linked credit note over all lines stands for it."
TEXT = {
    "en": "Cancellation of invoice {number} of {day:%Y-%m-%d}.",
    None: "Stornierung der Rechnung {number} vom {day:%d.%m.%Y}.",
}
"""By the document's language; German where it is any other."""


def refuse_cancelling(raw: SalesVoucher, link: str) -> None:
    """Raises NotWritable for what cannot be cancelled as it stands."""
    status = STATUS.get(raw.voucher_status, DocumentStatus.UNKNOWN)
    if status is DocumentStatus.DRAFT:
        raise NotWritable("A draft binds nobody: delete it in Lexware Office.", link)
    found = obstacle("invoice", "credit-notes", status, traits(raw))
    if found is not None:
        raise NotWritable(found.reason, link)


def credit_note(raw: SalesVoucher, body: CancelInput, issued_on: str) -> native.CreditNoteBody:
    """The whole invoice given back. `issued_on` as the vendor writes days."""
    gross = raw.tax_conditions.tax_type == "gross"
    total = raw.total_price
    words = TEXT.get(raw.language, TEXT[None])
    default = words.format(number=raw.voucher_number or raw.id, day=local_day(raw.voucher_date))
    return native.CreditNoteBody(
        voucher_date=issued_on,
        language=raw.language,
        address=replace(raw.address, contact_person=None),
        line_items=[given_back(line, gross) for line in raw.line_items],
        total_price=TotalPrice(
            currency=total.currency or "EUR",
            # Either says the same; the vendor takes one.
            total_discount_absolute=None
            if total.total_discount_percentage
            else total.total_discount_absolute,
            total_discount_percentage=total.total_discount_percentage,
        ),
        tax_conditions=raw.tax_conditions,
        introduction=body.introduction or default,
    )


def given_back(line: LineItem, gross: bool) -> LineItem:
    """The line at its discounted price, since credit notes have no discounts on lines.

    Where four decimals cannot say that price, it is one piece at the line's amount: the sum has to be the
    invoice's to the cent.
    """
    if line.unit_price is None:
        return LineItem(type="text", name=line.name, description=line.description)
    price = line.unit_price.gross_amount if gross else line.unit_price.net_amount
    quantity, amount = line.quantity, line.line_item_amount
    if line.discount_percentage and price is not None and quantity is not None and amount is not None:
        kept = discounted(price, line.discount_percentage)
        if cents(quantity * kept) == cents(amount):
            price = kept
        else:
            price, quantity = amount, Decimal(1)
    return replace(
        line,
        quantity=quantity,
        unit_price=UnitPrice(
            currency=line.unit_price.currency or "EUR",
            net_amount=None if gross else price,
            gross_amount=price if gross else None,
            tax_rate_percentage=line.unit_price.tax_rate_percentage,
        ),
        discount_percentage=None,
        line_item_amount=None,
    )


def discounted(price: Decimal, percentage: Decimal) -> Decimal:
    """The price of one unit after its line's discount, to the four decimals that the vendor keeps."""
    return plain((price * (HUNDRED - percentage) / HUNDRED).quantize(FOUR_PLACES))
