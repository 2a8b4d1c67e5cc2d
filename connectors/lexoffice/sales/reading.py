"""Parts of sales vouchers, vendor to unified. Pure; the result's order is the model's."""

from decimal import Decimal
from typing import Any

from connectors.base.mapping import amount, amount_or_none, plain, plain_or_none, unit_amount
from connectors.lexoffice import links
from connectors.lexoffice.days import local_day, utc
from connectors.lexoffice.native import sales as native
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import tax
from schemas.documents import (
    Buyer,
    Discount,
    DocumentFile,
    DocumentReference,
    DocumentStatus,
    ElectronicProfile,
    PaymentStatus,
    Totals,
)
from schemas.lines import Line, LineType
from schemas.parties import Address
from schemas.tax import TaxShare

STATUS = {
    "draft": DocumentStatus.DRAFT,
    "open": DocumentStatus.OPEN,
    # Only the list says overdue; lateness is a matter of its own, the claim is open.
    "overdue": DocumentStatus.OPEN,
    # Paid through the vendor's banking, or about to be collected: open with money on the way.
    "transferred": DocumentStatus.OPEN,
    "sepadebit": DocumentStatus.OPEN,
    "paid": DocumentStatus.PAID,
    "paidoff": DocumentStatus.PAID,
    "voided": DocumentStatus.VOID,
}
LINE_TYPE = {
    "custom": LineType.CUSTOM,
    "material": LineType.PRODUCT,
    "service": LineType.SERVICE,
    "text": LineType.TEXT,
}
PROFILE = {
    None: ElectronicProfile.NONE,
    "NONE": ElectronicProfile.NONE,
    "EN16931": ElectronicProfile.ZUGFERD,
    "XRechnung": ElectronicProfile.XRECHNUNG,
}
RESOURCE = {"invoice": "invoices", "creditnote": "credit-notes"}
"""Unified resources by the vendor's voucher type."""

EUR = "EUR"  # the vendor knows no other currency
NOTHING_OPEN = {DocumentStatus.PAID, DocumentStatus.VOID}


def shared_fields(
    raw: native.SalesVoucher, *, app: str, noun: str, open_amount: Decimal | None
) -> dict[str, Any]:
    """All fields of `SalesDocument` but `allowed_actions`."""
    status = STATUS.get(raw.voucher_status, DocumentStatus.UNKNOWN)
    conditions = raw.tax_conditions
    gross = conditions.tax_type == "gross"
    return {
        "id": raw.id,
        "version": None if raw.version is None else str(raw.version),
        "created_at": utc(raw.created_date),
        "updated_at": utc(raw.updated_date),
        "archived": raw.archived,
        "links": links.document(app, noun, raw.id, editable=status is DocumentStatus.DRAFT),
        "number": raw.voucher_number,
        "status": status,
        "vendor_status": raw.voucher_status,
        "currency": raw.total_price.currency or EUR,
        "issued_on": local_day(raw.voucher_date),
        "language": raw.language,
        "title": raw.title,
        "introduction": raw.introduction,
        "remark": raw.remark,
        "buyer": buyer(raw.address),
        "lines": [line(item, gross) for item in raw.line_items],
        "tax_treatment": tax.treatment(conditions.tax_type, conditions.tax_sub_type),
        "vendor_tax_treatment": tax.vendor_words(conditions.tax_type, conditions.tax_sub_type),
        "tax_note": conditions.tax_type_note,
        "prices_include_tax": gross,
        "tax_breakdown": [tax_share(share) for share in raw.tax_amounts or ()],
        "totals": totals(raw.total_price, open_amount),
        "discount": discount(raw.total_price),
        "electronic_profile": PROFILE.get(raw.electronic_document_profile, ElectronicProfile.UNKNOWN),
        "preceding_documents": [reference(related) for related in raw.related_vouchers or ()],
        "files": files(raw.files),
        "print_layout_id": raw.print_layout_id,
    }


def buyer(raw: native.Address) -> Buyer:
    """Name and address as printed, and the contact if there is one."""
    return Buyer(
        customer_id=raw.contact_id,
        name=raw.name,
        contact_person=raw.contact_person,
        address=Address(
            supplement=raw.supplement,
            street=raw.street,
            postal_code=raw.zip,
            city=raw.city,
            country_code=raw.country_code,
        ),
    )


def line(raw: native.LineItem, gross: bool) -> Line:
    """A line; `gross` says which of both unit prices is the leading one."""
    price = raw.unit_price or native.UnitPrice()
    net_price, gross_price = unit_amount(price.net_amount), unit_amount(price.gross_amount)
    return Line(
        type=LINE_TYPE.get(raw.type, LineType.UNKNOWN),
        vendor_type=raw.type,
        item_id=raw.id,
        name=raw.name,
        description=raw.description,
        quantity=plain_or_none(raw.quantity),
        unit_name=raw.unit_name,
        unit_price=gross_price if gross else net_price,
        unit_price_net=net_price,
        unit_price_gross=gross_price,
        discount_percentage=plain_or_none(raw.discount_percentage),
        tax_rate=plain_or_none(price.tax_rate_percentage),
        amount=amount_or_none(raw.line_item_amount),
    )


def tax_share(raw: native.TaxAmount) -> TaxShare:
    """A row of the breakdown."""
    return TaxShare(
        rate=plain(raw.tax_rate_percentage), net=amount(raw.net_amount), tax=amount(raw.tax_amount)
    )


def totals(raw: native.TotalPrice, open_amount: Decimal | None) -> Totals:
    """The vendor's own sums; Kontor computes none."""
    return Totals(
        net=amount_or_none(raw.total_net_amount),
        tax=amount_or_none(raw.total_tax_amount),
        gross=amount_or_none(raw.total_gross_amount),
        open=open_amount,
    )


def discount(raw: native.TotalPrice) -> Discount | None:
    """The discount on the whole document; 0 and absent are none."""
    if not raw.total_discount_absolute and not raw.total_discount_percentage:
        return None
    return Discount(
        percentage=plain_or_none(raw.total_discount_percentage),
        amount=amount_or_none(raw.total_discount_absolute),
    )


def reference(raw: native.RelatedVoucher) -> DocumentReference:
    """Another document; the vendor does not say which of both came first."""
    return DocumentReference(
        id=raw.id,
        number=raw.voucher_number,
        resource=RESOURCE.get(raw.voucher_type),
        vendor_type=raw.voucher_type,
    )


def files(raw: native.Files | None) -> list[DocumentFile]:
    """The rendered file, once there is one."""
    return [DocumentFile(id=raw.document_file_id)] if raw and raw.document_file_id else []


def open_amount(vendor_status: str, row: Row | None) -> Decimal | None:
    """What is still to be paid: nothing when paid or void, else what the list says; None on drafts."""
    status = STATUS.get(vendor_status, DocumentStatus.UNKNOWN)
    if status in NOTHING_OPEN:
        return Decimal("0.00")
    if status is DocumentStatus.DRAFT or row is None:
        return None
    return amount_or_none(row.open_amount)


def payment_status(
    status: DocumentStatus, total: Decimal | None, still_open: Decimal | None
) -> PaymentStatus | None:
    """How much is settled; None on drafts and void documents, and where the open amount is not told."""
    if status is DocumentStatus.PAID:
        return PaymentStatus.PAID
    if status in (DocumentStatus.DRAFT, DocumentStatus.VOID) or still_open is None or total is None:
        return None
    if still_open >= total:
        return PaymentStatus.OPEN
    return PaymentStatus.PARTIALLY_PAID if still_open > 0 else PaymentStatus.PAID
