"""When a document is to be paid: the terms sent, or the organization's own."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.lexoffice import dates
from sandbox.lexoffice.state import Organization, PaymentCondition


def complete(organization: Organization, given: dict[str, Any] | None) -> dict[str, Any] | None:
    """`paymentConditions` as they are printed: with the template of the label, which is read-only."""
    if given is None:
        default = next((terms for terms in organization.payment_conditions if terms.default), None)
        return _of(default) if default else None
    known = next((terms for terms in organization.payment_conditions if _same(terms, given)), None)
    label = given.get("paymentTermLabel") or (label_of(known) if known else "")
    out = {
        "paymentTermLabel": label,
        "paymentTermLabelTemplate": known.template if known else label,
        "paymentTermDuration": given.get("paymentTermDuration", 0),
    }
    if discount := given.get("paymentDiscountConditions"):
        out["paymentDiscountConditions"] = discount
    return out


def due(voucher_date: datetime, terms: dict[str, Any] | None) -> datetime:
    """The day of the document plus the term, counted at the wall clock of Berlin."""
    days = terms["paymentTermDuration"] if terms else 0
    return dates.midnight(dates.local_day(voucher_date) + timedelta(days=days))


def label_of(terms: PaymentCondition) -> str:
    return terms.template.format(
        discountRange=terms.discount_range_days,
        discount=f" {terms.discount_percentage} %",
        paymentRange=terms.duration_days,
    )


def _of(terms: PaymentCondition) -> dict[str, Any]:
    out: dict[str, Any] = {
        "paymentTermLabel": label_of(terms),
        "paymentTermLabelTemplate": terms.template,
        "paymentTermDuration": terms.duration_days,
    }
    if terms.discount_percentage is not None:
        out["paymentDiscountConditions"] = {
            "discountPercentage": terms.discount_percentage,
            "discountRange": terms.discount_range_days,
        }
    return out


def _same(terms: PaymentCondition, given: dict[str, Any]) -> bool:
    discount = given.get("paymentDiscountConditions") or {}
    return (terms.duration_days, terms.discount_percentage, terms.discount_range_days) == (
        given.get("paymentTermDuration"),
        discount.get("discountPercentage"),
        discount.get("discountRange"),
    )
