"""Parts of sales vouchers, unified to vendor. Pure; `checks` has refused what cannot be written.

What it found no place for is left out here.
"""

from decimal import Decimal
from typing import Any

from connectors.base.connector import Identity
from connectors.base.mapping import plain_or_none
from connectors.lexoffice.days import midnight
from connectors.lexoffice.native import sales as native
from connectors.lexoffice.sales import tax
from schemas.lines import AlternativeInput
from schemas.sales_documents import SalesDocumentInput
from schemas.tax import TaxTreatment
from schemas.totals import DiscountInput
from schemas.trade_parties import BuyerInput, PrintedAddressInput

LANGUAGES = ("de", "en")
"""What the vendor prints in."""
LINE_TYPE = {"custom": "custom", "product": "material", "service": "service", "text": "text"}
NO_ADDRESS = PrintedAddressInput()


def shared_fields(body: SalesDocumentInput, identity: Identity) -> dict[str, Any]:
    """All fields of `SalesVoucherBody`."""
    treatment = TaxTreatment(body.tax_treatment)
    tax_type, sub_type = tax.vendor_type(treatment, body.prices_include_tax, identity)
    return {
        "voucher_date": midnight(body.issued_on),
        "language": body.language if body.language in LANGUAGES else None,
        "address": address(body.buyer),
        "line_items": [line_item(line, tax_type) for line in body.lines],
        "total_price": total_price(body.discount),
        "tax_conditions": native.TaxConditions(
            tax_type=tax_type, tax_sub_type=sub_type, tax_type_note=body.tax_note
        ),
        "print_layout_id": body.print_layout_id,
        "title": body.title,
        "introduction": body.introduction,
        "remark": body.remark,
    }


def address(buyer: BuyerInput) -> native.Address:
    """The contact, the address used once, or both: then the address is this document's only."""
    printed = buyer.address or NO_ADDRESS
    return native.Address(
        contact_id=buyer.customer_id,
        name=buyer.name,
        supplement=printed.supplement,
        street=printed.street,
        zip=printed.postal_code,
        city=printed.city,
        country_code=printed.country_code,
    )


def line_item(line: AlternativeInput, tax_type: str) -> native.LineItem:
    """A line; the leading price is gross for `gross` only, and the rate 0 where no other is legal. Optional
    lines and alternatives are written by quotes alone.
    """
    if line.type == "text":
        return native.LineItem(type="text", name=line.name, description=line.description)
    price, rate = plain_or_none(line.unit_price), plain_or_none(line.tax_rate)
    if rate is None and tax_type in tax.FREE:
        rate = Decimal(0)
    priced = native.UnitPrice(
        currency="EUR",
        net_amount=None if tax_type == "gross" else price,
        gross_amount=price if tax_type == "gross" else None,
        tax_rate_percentage=rate,
    )
    return native.LineItem(
        id=None if line.type == "custom" else line.item_id,
        type=LINE_TYPE[line.type],
        name=line.name,
        description=line.description,
        quantity=plain_or_none(line.quantity),
        unit_name=line.unit_name,
        unit_price=None if price is None else priced,
        discount_percentage=plain_or_none(line.discount_percentage),
    )


def total_price(discount: DiscountInput | None) -> native.TotalPrice:
    """Sums are the vendor's; only a discount is written."""
    return native.TotalPrice(
        currency="EUR",
        total_discount_absolute=plain_or_none(discount.amount) if discount else None,
        total_discount_percentage=plain_or_none(discount.percentage) if discount else None,
    )


def create_params(body: SalesDocumentInput) -> tuple[tuple[str, str], ...]:
    """Query parameters of a create. Unknown ones are ignored upstream: `finalized` would make a draft."""
    finalize = (("finalize", "true"),) if body.finalize else ()
    return (*finalize, *(("precedingSalesVoucherId", one.id) for one in body.preceding_documents[:1]))
