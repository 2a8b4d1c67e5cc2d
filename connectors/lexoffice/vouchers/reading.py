"""Bookkeeping vouchers, vendor to unified. Pure; the result's order is the model's."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from connectors.base.mapping import NOTHING, amount_or_none, plain_or_none
from connectors.lexoffice import links
from connectors.lexoffice.days import local_day_or_none, utc
from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.sales.reading import EUR, STATUS, open_amount, overdue, payment_status
from connectors.lexoffice.vouchers import treatment
from connectors.lexoffice.vouchers.kinds import BLANK, TO_REVIEW, TYPE_CODE, View
from schemas.documents import DocumentFile, DocumentStatus
from schemas.lines import Line, LineType
from schemas.tax import TaxShare, TaxTreatment, exemption_code, tax_category
from schemas.terms import ServicePeriod
from schemas.totals import Totals
from schemas.trade_parties import Buyer, Seller

EDITABLE = (DocumentStatus.DRAFT, DocumentStatus.OPEN)


def shared_fields(raw: native.Voucher, noun: Noun, view: View, row: Row | None) -> dict[str, Any]:
    """All fields of `RecordedDocument`. `row`: the voucher list's of it, which alone tells what is open."""
    status = STATUS.get(raw.voucher_status, DocumentStatus.UNKNOWN)
    editable = status in EDITABLE and raw.voucher_status != BLANK
    due_on = local_day_or_none(raw.due_date)
    still_open = open_amount(raw.voucher_status, row)
    settled = payment_status(status, raw.total_gross_amount, still_open)
    period, gross = service_period(raw), raw.tax_type == "gross"
    lines = [line(item, place, gross, period) for place, item in enumerate(raw.voucher_items, 1)]
    rules = [treatment.of_line(item.category_id, item.tax_rate_percent) for item in raw.voucher_items]
    return {
        "id": raw.id,
        "version": None if raw.version is None else str(raw.version),
        "created_at": utc(raw.created_date),
        "updated_at": utc(raw.updated_date),
        "archived": None if row is None else bool(row.archived),
        "links": links.document(view.app, noun.path, raw.id, editable=editable),
        "number": raw.voucher_number,
        "type_code": TYPE_CODE.get(raw.type),
        "status": status,
        "vendor_status": raw.voucher_status,
        "currency": EUR,
        "issued_on": local_day_or_none(raw.voucher_date),
        "due_on": due_on,
        "overdue": overdue(status, settled, due_on, view.today, row),
        "payment_status": settled,
        "service_period": period,
        **parties(raw, noun, view, row),
        "lines": lines,
        "tax_treatment": treatment.of_document(rules),
        "vendor_tax_treatment": raw.tax_type,
        "tax_note": None,
        "prices_include_tax": gross,
        "tax_breakdown": breakdown(lines, rules),
        "totals": totals(raw, lines, still_open),
        "discount": None,
        "payment_terms": None,
        "buyer_reference": None,
        "electronic_profile": None,
        "remark": raw.remark,
        "preceding_documents": [],
        "following_documents": [],
        "related_documents": [],
        "files": [DocumentFile(id=id, kind="attachment") for id in raw.files],
        "allowed_actions": view.actions(raw),
        "collective": raw.use_collective_contact,
        "needs_review": raw.voucher_status in TO_REVIEW,
    }


def parties(raw: native.Voucher, noun: Noun, view: View, row: Row | None) -> dict[str, Seller | Buyer]:
    """Both sides. A contact's name only the voucher list tells; a collective contact leaves its id out."""
    id = None if raw.use_collective_contact else raw.contact_id
    name = raw.contact_name or (row.contact_name if row else None)
    ours, theirs = (view.company, name) if noun.party == "customer" else (name, view.company)
    return {
        "seller": Seller(
            supplier_id=id if noun.party == "supplier" else None, name=ours, contact_person=None, address=None
        ),
        "buyer": Buyer(
            customer_id=id if noun.party == "customer" else None,
            name=theirs,
            contact_person=None,
            address=None,
        ),
    }


def service_period(raw: native.Voucher) -> ServicePeriod | None:
    """The last day of a supply, which is all that sales keep; purchases keep none."""
    day = local_day_or_none(raw.shipping_date)
    return None if day is None else ServicePeriod(kind="delivery", starts_on=day, ends_on=None)


def line(raw: native.VoucherItem, position: int, gross: bool, period: ServicePeriod | None) -> Line:
    """An amount on a category. Vouchers have no items, quantities or prices."""
    total, tax, rate = (
        amount_or_none(raw.amount),
        amount_or_none(raw.tax_amount),
        plain_or_none(raw.tax_rate_percent),
    )
    other = None if total is None or tax is None else total - tax if gross else total + tax
    return Line(
        position=position,
        type=LineType.CUSTOM,
        vendor_type="voucherItem",
        item_id=None,
        account_id=raw.category_id,
        name=None,
        description=None,
        quantity=None,
        unit_name=None,
        unit_code=None,
        currency=EUR,
        prices_include_tax=gross,
        unit_price=None,
        unit_price_net=None,
        unit_price_gross=None,
        unit_price_tax=None,
        unit_price_discounted=None,
        unit_discount=None,
        price_base_quantity=None,
        discount_percentage=None,
        discount_amount=None,
        amount_before_discount=None,
        amount=total,
        amount_net=other if gross else total,
        amount_tax=tax,
        amount_gross=total if gross else other,
        tax_rate=rate,
        tax_category=tax_category(treatment.of_line(raw.category_id, rate), rate),
        counts=total is not None,
        optional=False,
        alternative=False,
        alternatives=[],
        service_period=period,
    )


def breakdown(lines: Iterable[Line], rules: Iterable[TaxTreatment]) -> list[TaxShare]:
    """The booked amounts by rate and reason, lowest rate first."""
    sums: dict[tuple[Decimal, str | None, str | None], tuple[Decimal, Decimal]] = {}
    for one, rule in zip(lines, rules, strict=True):
        if one.tax_rate is None or one.amount_net is None or one.amount_tax is None:
            continue
        key = (one.tax_rate, one.tax_category, None if one.tax_rate else exemption_code(rule))
        net, tax = sums.get(key, (NOTHING, NOTHING))
        sums[key] = (net + one.amount_net, tax + one.amount_tax)
    return [
        TaxShare(rate=rate, category=category, exemption_code=exemption, net=net, tax=tax, gross=net + tax)
        for (rate, category, exemption), (net, tax) in sorted(sums.items(), key=lambda row: row[0][0])
    ]


def totals(raw: native.Voucher, lines: list[Line], still_open: Decimal | None) -> Totals:
    """The vendor's own sums, and what its lines add up to."""
    gross, tax = amount_or_none(raw.total_gross_amount), amount_or_none(raw.total_tax_amount)
    return Totals(
        lines=sum((one.amount or NOTHING for one in lines), NOTHING) if lines else None,
        discount=None,
        net=None if gross is None or tax is None else gross - tax,
        tax=tax,
        gross=gross,
        prepaid=None,
        payable=gross,
        open=still_open,
    )
