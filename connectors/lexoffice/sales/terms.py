"""Payment terms and periods of supply, both ways. Pure.

Written terms always carry the printed label with the numbers.
A duration without its label was refused, or replaced by the company's default (JannikWempe PR 5, MARS).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from connectors.base.errors import FieldError
from connectors.base.mapping import plain
from connectors.base.taxation import HUNDRED, cents
from connectors.lexoffice.days import day_misfits, local_day_or_none, midnight
from connectors.lexoffice.misfits import misfit
from connectors.lexoffice.native import sales as native
from schemas.terms import CashDiscount, PaymentTerms, PaymentTermsInput, ServicePeriod, ServicePeriodInput

PERIOD_KIND = {
    "service": "service",
    "serviceperiod": "service",
    "delivery": "delivery",
    "deliveryperiod": "delivery",
}
"""Any other type states no day."""
NO_DAY = native.ShippingConditionsBody(shipping_type="none")


def service_period(raw: native.ShippingConditions | None) -> ServicePeriod | None:
    """The vendor knows five types: none, and a day or a period of service or delivery."""
    if raw is None:
        return None
    return ServicePeriod(
        kind=PERIOD_KIND.get(raw.shipping_type, "none"),
        starts_on=local_day_or_none(raw.shipping_date),
        ends_on=local_day_or_none(raw.shipping_end_date),
    )


def shipping_conditions(period: ServicePeriodInput | None) -> native.ShippingConditionsBody:
    """Required by the vendor even when the document states no day."""
    if period is None or period.kind == "none" or period.starts_on is None:
        return NO_DAY
    return native.ShippingConditionsBody(
        shipping_type=f"{period.kind}period" if period.ends_on else period.kind,
        shipping_date=midnight(period.starts_on),
        shipping_end_date=midnight(period.ends_on) if period.ends_on else None,
    )


def period_misfits(period: ServicePeriodInput | None) -> Iterator[FieldError]:
    """Periods that cannot be."""
    if period is None:
        return
    if period.kind == "none":
        for name, day in (("startsOn", period.starts_on), ("endsOn", period.ends_on)):
            if day is not None:
                yield misfit(f"servicePeriod.{name}", "invalid", "With `none` the document states no day.")
        return
    if period.starts_on is None:
        yield misfit("servicePeriod.startsOn", "required", f"A {period.kind} needs its day.")
        return
    yield from day_misfits("servicePeriod.startsOn", period.starts_on)
    if period.ends_on is not None and period.ends_on < period.starts_on:
        yield misfit("servicePeriod.endsOn", "invalid", "A period cannot end before it starts.")


def payment_terms(
    raw: native.PaymentConditions | None, issued_on: date, gross: Decimal | None
) -> PaymentTerms | None:
    """The conditions as printed and as numbers, and what Skonto comes to."""
    if raw is None:
        return None
    return PaymentTerms(
        description=raw.payment_term_label,
        due_days=raw.payment_term_duration,
        cash_discount=_cash_discount(raw.payment_discount_conditions, issued_on, gross),
    )


def _cash_discount(
    raw: native.PaymentDiscountConditions | None, issued_on: date, gross: Decimal | None
) -> CashDiscount | None:
    if raw is None:
        return None
    percentage = plain(raw.discount_percentage)
    return CashDiscount(
        percentage=percentage,
        days=raw.discount_range,
        until=issued_on + timedelta(days=raw.discount_range),
        amount=None if gross is None else cents(gross * percentage / HUNDRED),
    )


def payment_conditions(terms: PaymentTermsInput) -> native.PaymentConditions:
    """The terms; without a description a German sentence is made from the numbers."""
    early = terms.cash_discount
    return native.PaymentConditions(
        payment_term_label=terms.description or label(terms),
        payment_term_duration=terms.due_days,
        payment_discount_conditions=native.PaymentDiscountConditions(
            discount_percentage=plain(early.percentage), discount_range=early.days
        )
        if early
        else None,
    )


def label(terms: PaymentTermsInput) -> str:
    """`10 Tage 2,5 % Skonto, 30 Tage netto`, or `Zahlbar innerhalb von 30 Tagen ohne Abzug`."""
    early, days = terms.cash_discount, terms.due_days
    if early:
        rate = str(plain(early.percentage)).replace(".", ",")
        return f"{_days(early.days)} {rate} % Skonto, {_days(days)} netto"
    if days == 0:
        return "Zahlbar sofort ohne Abzug"
    return f"Zahlbar innerhalb von {'einem Tag' if days == 1 else f'{days} Tagen'} ohne Abzug"


def _days(days: int) -> str:
    return "1 Tag" if days == 1 else f"{days} Tage"
