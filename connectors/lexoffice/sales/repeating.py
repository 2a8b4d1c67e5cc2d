"""A document written anew as another kind. Pure."""

from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from connectors.lexoffice.days import local_day, midnight
from connectors.lexoffice.native import sales as native
from connectors.lexoffice.native.base import Native
from connectors.lexoffice.native.credit_notes import CreditNoteBody
from connectors.lexoffice.native.delivery_notes import DeliveryNoteBody
from connectors.lexoffice.sales import terms, writing
from connectors.lexoffice.sales.cancelling import credit_note, discounted
from connectors.lexoffice.sales.noun import Noun
from schemas.actions import CancelInput, ConvertInput


def body(raw: native.SalesVoucher, noun: Noun, kind: type[Native], given: ConvertInput, day: date) -> Native:
    """The whole document as a body of `kind`, with what was given in place of what it says."""
    if kind is CreditNoteBody:
        note = credit_note(raw, CancelInput(introduction=given.introduction), midnight(day))
        return replace(note, title=given.title, remark=given.remark)
    gross, discounts = raw.tax_conditions.tax_type == "gross", kind is not DeliveryNoteBody
    fields: dict[str, Any] = {
        "voucher_date": midnight(day),
        "language": raw.language if raw.language in writing.LANGUAGES else None,
        "address": address(raw.address, moved=not noun.priced or not discounts),
        "line_items": [line(one, gross, discounts=discounts) for one in raw.line_items],
        "total_price": writing.total_price(given.discount)
        if given.discount
        else total_price(raw.total_price),
        "tax_conditions": raw.tax_conditions,
        "payment_conditions": terms.payment_conditions(given.payment_terms)
        if given.payment_terms
        else payment_conditions(raw.payment_conditions),
        "shipping_conditions": terms.shipping_conditions(given.service_period)
        if given.service_period
        else shipping_conditions(raw.shipping_conditions),
        "delivery_terms": given.delivery_terms or raw.delivery_terms,
        "title": given.title,
        "introduction": given.introduction,
        "remark": given.remark,
    }
    return kind(**{name: value for name, value in fields.items() if name in kind.__struct_fields__})


def address(raw: native.Address, *, moved: bool) -> native.Address:
    """The buyer as printed. `moved`: goods go to one address and invoices to another, so that of a customer
    the vendor takes the one for the kind.
    """
    if moved and raw.contact_id is not None:
        return native.Address(contact_id=raw.contact_id)
    return replace(raw, contact_person=None)


def line(raw: native.LineItem, gross: bool, *, discounts: bool) -> native.LineItem:
    """The line as it is written: the leading price alone, and no amounts."""
    if raw.type == "text":
        return native.LineItem(type="text", name=raw.name, description=raw.description)
    price = raw.unit_price
    if price is not None:
        leading = price.gross_amount if gross else price.net_amount
        if not discounts and raw.discount_percentage and leading is not None:
            leading = discounted(leading, raw.discount_percentage)
        price = native.UnitPrice(
            currency=price.currency or "EUR",
            net_amount=None if gross else leading,
            gross_amount=leading if gross else None,
            tax_rate_percentage=price.tax_rate_percentage,
        )
    return native.LineItem(
        id=raw.id,
        type=raw.type,
        name=raw.name,
        description=raw.description,
        quantity=raw.quantity,
        unit_name=raw.unit_name,
        unit_price=price,
        discount_percentage=raw.discount_percentage if discounts else None,
    )


def total_price(raw: native.TotalPrice) -> native.TotalPrice:
    """The discount alone. Either way of saying it is the same; the vendor takes one."""
    percentage: Decimal | None = raw.total_discount_percentage or None
    return native.TotalPrice(
        currency=raw.currency or "EUR",
        total_discount_absolute=None if percentage else raw.total_discount_absolute,
        total_discount_percentage=percentage,
    )


def payment_conditions(raw: native.PaymentConditions | None) -> native.PaymentConditions | None:
    """With the printed label; the vendor makes the template of it."""
    if raw is None or raw.payment_term_label is None or raw.payment_term_duration is None:
        return None
    return replace(raw, payment_term_label_template=None)


def shipping_conditions(raw: native.ShippingConditions | None) -> native.ShippingConditionsBody:
    """The days as they are written."""
    if raw is None or raw.shipping_date is None:
        return terms.NO_DAY
    end = raw.shipping_end_date
    return native.ShippingConditionsBody(
        shipping_type=raw.shipping_type,
        shipping_date=midnight(local_day(raw.shipping_date)),
        shipping_end_date=None if end is None else midnight(local_day(end)),
    )
