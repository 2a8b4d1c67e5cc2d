"""What a document that is made of another would come to, read from the body that is about to be sent. Pure.

An action makes its body of what it has read, so what was asked for does not tell.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from connectors.base.errors import FieldError
from connectors.base.examination import Examination
from connectors.base.wire import Call
from connectors.lexoffice.days import local_day
from connectors.lexoffice.native.base import Instant, Native, decoder
from connectors.lexoffice.native.sales import LineItem, ShippingConditions, TaxConditions, TotalPrice
from connectors.lexoffice.sales import tax
from connectors.lexoffice.sales.examining import (
    SUPPLY_DAY_MISSING,
    Counted,
    allowed_rates,
    computed,
    rate_misfit,
)
from schemas.totals import DiscountInput

INVOICES = "/v1/invoices"


class SentDocument(Native, kw_only=True, frozen=True):
    """What counts of a body of any kind."""

    voucher_date: Instant
    line_items: list[LineItem]
    total_price: TotalPrice | None = None
    """None of kinds without sums."""
    tax_conditions: TaxConditions
    shipping_conditions: ShippingConditions = ShippingConditions()


DECODER = decoder(SentDocument)


def examine_sent(call: Call) -> Examination:
    """Sums and rates of the day, as of a document that is written by hand. `call` creates one."""
    sent = DECODER.decode(call.content or b"")
    tax_type, sub_type = sent.tax_conditions.tax_type, sent.tax_conditions.tax_sub_type
    treatment, day = tax.treatment(tax_type, sub_type), relevant_day(sent)
    rates = allowed_rates(treatment, tax_type, day)
    totals, shares = (
        (None, ())
        if sent.total_price is None
        else computed(
            counted(sent, gross=tax_type == "gross"), discount(sent.total_price), tax_type, treatment
        )
    )
    return Examination(
        totals=totals,
        tax_breakdown=shares,
        relevant_on=day,
        allowed_rates=rates,
        problems=() if rates is None or tax_type in tax.FREE else tuple(_rate_problems(sent, rates, day)),
        warnings=tuple(doubts(call.path, sent.shipping_conditions.shipping_type)),
    )


def relevant_day(sent: SentDocument) -> date:
    """The end of the supply, or the day of issue where none is stated."""
    supply = sent.shipping_conditions
    return local_day(supply.shipping_end_date or supply.shipping_date or sent.voucher_date)


def counted(sent: SentDocument, *, gross: bool) -> Iterator[Counted]:
    """The lines that are in the sum, at their leading price."""
    for line in sent.line_items:
        price = line.unit_price
        if line.type != "text":
            leading = None if price is None else price.gross_amount if gross else price.net_amount
            rate = None if price is None else price.tax_rate_percentage
            yield Counted(line.quantity, leading, line.discount_percentage, rate)


def discount(raw: TotalPrice) -> DiscountInput | None:
    """The discount on the whole."""
    if raw.total_discount_percentage is None and raw.total_discount_absolute is None:
        return None
    return DiscountInput(percentage=raw.total_discount_percentage, amount=raw.total_discount_absolute)


def doubts(path: str, shipping_type: str) -> Iterable[FieldError]:
    """What a person should look at before a document is created at the path."""
    return (SUPPLY_DAY_MISSING,) if path == INVOICES and shipping_type == "none" else ()


def _rate_problems(sent: SentDocument, rates: tuple[Decimal, ...], day: date) -> Iterator[FieldError]:
    for index, line in enumerate(sent.line_items):
        rate = None if line.unit_price is None else line.unit_price.tax_rate_percentage
        if rate is not None and rate not in rates:
            yield rate_misfit(f"lines[{index}].taxRate", rates, day)
