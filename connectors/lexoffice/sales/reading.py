"""The head of sales vouchers, vendor to unified. Pure; the result's order is the model's."""

from datetime import date
from decimal import Decimal
from typing import Any

from connectors.base.mapping import amount, amount_or_none, plain, plain_or_none
from connectors.lexoffice import links
from connectors.lexoffice.days import local_day, local_day_or_none, utc
from connectors.lexoffice.native import sales as native
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales import tax
from connectors.lexoffice.sales.following import traits
from connectors.lexoffice.sales.lines import Around, line
from connectors.lexoffice.sales.noun import Noun, View
from connectors.lexoffice.sales.references import references
from connectors.lexoffice.sales.terms import payment_terms, service_period
from schemas.documents import DocumentFile, DocumentStatus, ElectronicProfile, PaymentStatus, overdue_from
from schemas.lines import Line
from schemas.parties import Address
from schemas.tax import TaxShare, TaxTreatment, exemption_code, tax_category
from schemas.totals import Discount, Totals
from schemas.trade_parties import Buyer

STATUS = {
    "draft": DocumentStatus.DRAFT,
    # An upload that is still being read, and one that nobody has checked: nothing is booked yet.
    "blank": DocumentStatus.DRAFT,
    "unchecked": DocumentStatus.DRAFT,
    "open": DocumentStatus.OPEN,
    # Only the list says overdue; lateness is a matter of its own, the claim is open.
    "overdue": DocumentStatus.OPEN,
    # Paid through the vendor's banking, or about to be collected: open with money on the way.
    "transferred": DocumentStatus.OPEN,
    "sepadebit": DocumentStatus.OPEN,
    "paid": DocumentStatus.PAID,
    "paidoff": DocumentStatus.PAID,
    "voided": DocumentStatus.VOID,
    "accepted": DocumentStatus.ACCEPTED,
    "rejected": DocumentStatus.REJECTED,
}
PROFILE = {
    None: ElectronicProfile.NONE,
    "NONE": ElectronicProfile.NONE,
    "EN16931": ElectronicProfile.ZUGFERD,
    "XRechnung": ElectronicProfile.XRECHNUNG,
}
EUR = "EUR"  # the vendor knows no other currency
NONE = Decimal("0.00")
NOTHING_OPEN = {DocumentStatus.PAID, DocumentStatus.VOID}


def shared_fields(raw: native.SalesVoucher, noun: Noun, view: View, row: Row | None) -> dict[str, Any]:
    """All fields of `SalesDocument`. `row`: the voucher list's of it, which alone tells what is open."""
    status = STATUS.get(raw.voucher_status, DocumentStatus.UNKNOWN)
    conditions = raw.tax_conditions
    treatment = tax.treatment(conditions.tax_type, conditions.tax_sub_type)
    gross = raw.total_price.total_gross_amount
    still_open = open_amount(raw.voucher_status, row) if noun.owed else None
    settled = payment_status(status, gross, still_open) if noun.owed else None
    issued_on, due_on = local_day(raw.voucher_date), local_day_or_none(raw.due_date)
    around = Around(
        currency=raw.total_price.currency or EUR,
        gross=conditions.tax_type == "gross",
        treatment=treatment,
        period=service_period(raw.shipping_conditions),
    )
    lines = [line(item, place, around) for place, item in enumerate(raw.line_items, 1)]
    return {
        "id": raw.id,
        "version": None if raw.version is None else str(raw.version),
        "created_at": utc(raw.created_date),
        "updated_at": utc(raw.updated_date),
        "archived": raw.archived,
        "links": links.document(
            view.app, noun.link_path or noun.path, raw.id, editable=status is DocumentStatus.DRAFT
        ),
        "number": raw.voucher_number,
        "type_code": noun.type_code,
        "status": status,
        "vendor_status": raw.voucher_status,
        "currency": around.currency,
        "issued_on": issued_on,
        "due_on": due_on,
        "overdue": overdue(status, settled, due_on, view.today, row),
        "payment_status": settled,
        "service_period": around.period,
        "seller": view.seller,
        "buyer": buyer(raw.address),
        "lines": lines,
        "tax_treatment": treatment,
        "vendor_tax_treatment": tax.vendor_words(conditions.tax_type, conditions.tax_sub_type),
        "tax_note": conditions.tax_type_note,
        "prices_include_tax": around.gross,
        "tax_breakdown": [tax_share(share, treatment) for share in raw.tax_amounts or ()],
        "totals": totals(raw.total_price, raw.claimed_gross_amount, lines, around.gross, still_open),
        "discount": discount(raw.total_price),
        "payment_terms": payment_terms(raw.payment_conditions, issued_on, gross),
        "buyer_reference": raw.x_rechnung.buyer_reference if raw.x_rechnung else None,
        "electronic_profile": PROFILE.get(raw.electronic_document_profile, ElectronicProfile.UNKNOWN),
        "remark": raw.remark,
        **references(noun.voucher_type, raw.related_vouchers),
        "files": files(raw.files),
        "allowed_actions": view.actions(status, traits(raw)),
        "language": raw.language,
        "title": raw.title,
        "introduction": raw.introduction,
        "print_layout_id": raw.print_layout_id,
    }


def overdue(
    status: DocumentStatus,
    settled: PaymentStatus | None,
    due_on: date | None,
    today: date,
    row: Row | None,
) -> bool:
    """Something open and past its day; the list may know it earlier."""
    begins_on = overdue_from(status, settled, due_on)
    late = begins_on is not None and begins_on <= today
    return late or (row is not None and row.voucher_status == "overdue")


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


def tax_share(raw: native.TaxAmount, treatment: TaxTreatment) -> TaxShare:
    """A row of the breakdown."""
    rate, net, tax_amount = plain(raw.tax_rate_percentage), amount(raw.net_amount), amount(raw.tax_amount)
    return TaxShare(
        rate=rate,
        category=tax_category(treatment, rate),
        exemption_code=None if rate else exemption_code(treatment),
        net=net,
        tax=tax_amount,
        gross=net + tax_amount,
    )


def totals(
    price: native.TotalPrice,
    claimed_gross: Decimal | None,
    lines: list[Line],
    gross: bool,
    still_open: Decimal | None,
) -> Totals:
    """The vendor's own sums, what its lines add up to, and what down payments leave of them."""
    total_net, total_gross = amount_or_none(price.total_net_amount), amount_or_none(price.total_gross_amount)
    leading = total_gross if gross else total_net
    added = None if leading is None else sum((one.amount or NONE for one in lines if one.counts), NONE)
    claimed = amount_or_none(claimed_gross)
    return Totals(
        lines=added,
        discount=added - leading
        if added is not None and leading is not None and _discounted(price)
        else None,
        net=total_net,
        tax=amount_or_none(price.total_tax_amount),
        gross=total_gross,
        prepaid=None if claimed is None or total_gross is None else total_gross - claimed,
        payable=total_gross if claimed is None else claimed,
        open=still_open,
    )


def _discounted(price: native.TotalPrice) -> bool:
    return bool(price.total_discount_absolute or price.total_discount_percentage)


def discount(raw: native.TotalPrice) -> Discount | None:
    """The discount on the whole document; 0 and absent are none."""
    if not _discounted(raw):
        return None
    return Discount(
        percentage=plain_or_none(raw.total_discount_percentage),
        amount=amount_or_none(raw.total_discount_absolute),
    )


def files(raw: native.Files | None) -> list[DocumentFile]:
    """The rendered file, once there is one."""
    return [DocumentFile(id=raw.document_file_id, kind="rendered")] if raw and raw.document_file_id else []


def open_amount(vendor_status: str, row: Row | None) -> Decimal | None:
    """What is still to be paid: nothing when paid or void, else what the list says; None on drafts."""
    status = STATUS.get(vendor_status, DocumentStatus.UNKNOWN)
    if status in NOTHING_OPEN:
        return NONE
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
