"""What a sales document would come to, and what tax and law say to it, before anything is sent. Pure.

Sources: "Tax conditions", "Invoices" (read 2026-11-20); § 14 (4) UStG; EN 16931.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from connectors.base import leitweg
from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.examination import Examination
from connectors.base.mapping import NOTHING
from connectors.base.taxation import breakdown, discounts, line_amount
from connectors.base.vat_rates import VAT_RATES
from connectors.lexoffice.misfits import misfit
from connectors.lexoffice.sales import tax
from connectors.lexoffice.sales.noun import Noun
from schemas.invoices import InvoiceInput
from schemas.lines import AlternativeInput, LineInput
from schemas.quotes import QuoteInput
from schemas.recorded_documents import RecordedDocumentInput
from schemas.sales_documents import SalesDocumentInput
from schemas.tax import TaxShare, TaxTreatment, exemption_code, tax_category
from schemas.terms import ServicePeriodInput
from schemas.totals import DiscountInput, Totals

EU = {rate.country for rate in VAT_RATES} - {"DE"}
"""Other member states."""
ABROAD = {
    TaxTreatment.INTRA_COMMUNITY_SUPPLY: True,
    TaxTreatment.SERVICE_REVERSE_CHARGE: True,
    TaxTreatment.DISTANCE_SALES: True,
    TaxTreatment.ELECTRONIC_SERVICES: True,
    TaxTreatment.EXPORT_OF_SERVICES: False,
    TaxTreatment.EXPORT_OF_GOODS: False,
}
"""Treatments for buyers in other member states (True) or outside the EU (False)."""
NEEDS_CUSTOMER = {
    *ABROAD.keys() - {TaxTreatment.DISTANCE_SALES, TaxTreatment.ELECTRONIC_SERVICES},
    TaxTreatment.CONSTRUCTION_REVERSE_CHARGE,
}
SUPPLY_DAY_MISSING = misfit(
    "servicePeriod",
    "supply_day_missing",
    "An invoice has to state the day or period of supply (§ 14 (4) no. 6 UStG).",
)
MADE_BY_DESTINATION = {TaxTreatment.DISTANCE_SALES, TaxTreatment.ELECTRONIC_SERVICES}


def examine(body: SalesDocumentInput, identity: Identity, noun: Noun) -> Examination:
    """Totals, the rates of the day, and what stands against it."""
    treatment = TaxTreatment(body.tax_treatment)
    tax_type, _ = tax.vendor_type(treatment, body.prices_include_tax, identity)
    day = relevant_day(body)
    rates = allowed_rates(treatment, tax_type, day)
    applied = tax.treatment(tax_type, None) if tax_type in tax.FREE else treatment
    totals, shares = (
        computed(counted(body.lines), body.discount, tax_type, applied) if noun.priced else (None, ())
    )
    return Examination(
        totals=totals,
        tax_breakdown=shares,
        relevant_on=day,
        allowed_rates=rates,
        problems=tuple(_problems(body, treatment, tax_type, rates, day)),
        warnings=tuple(_warnings(body)),
    )


def relevant_day(body: SalesDocumentInput | RecordedDocumentInput) -> date:
    """The end of the supply, or the day of issue where none is stated."""
    period: ServicePeriodInput | None = getattr(body, "service_period", None)
    if period is None or period.kind == "none":
        return body.issued_on
    return period.ends_on or period.starts_on or body.issued_on


def allowed_rates(treatment: TaxTreatment, tax_type: str, day: date) -> tuple[Decimal, ...] | None:
    """None where the destination's rates may hold, or none of that day is known."""
    if tax_type in tax.FREE:
        return (Decimal(0),)
    if treatment in MADE_BY_DESTINATION:
        return None
    german = {rate.rate for rate in VAT_RATES if rate.country == "DE" and rate.holds(day)}
    return tuple(sorted({Decimal(0), *german})) if german else None


class Counted(NamedTuple):
    """A line that counts; what it does not say is None."""

    quantity: Decimal | None
    price: Decimal | None
    discount: Decimal | None
    rate: Decimal | None


def computed(
    lines: Iterable[Counted], discount: DiscountInput | None, tax_type: str, treatment: TaxTreatment
) -> tuple[Totals | None, tuple[TaxShare, ...]]:
    """The sums as the vendor makes them; None when a line does not say enough."""
    gross = tax_type == "gross"
    groups: dict[Decimal, Decimal] = {}
    for line in lines:
        rate = Decimal(0) if tax_type in tax.FREE else line.rate
        if rate is None or line.quantity is None or line.price is None:
            return None, ()
        rate = rate.normalize() + 0
        groups[rate] = groups.get(rate, NOTHING) + line_amount(line.quantity, line.price, line.discount)
    if discount and not (discount.percentage or discount.amount):  # of nothing, it is none
        discount = None
    off = discounts(
        groups,
        percentage=discount.percentage if discount else None,
        amount=discount.amount if discount else None,
    )
    left = breakdown({rate: total - off[rate] for rate, total in groups.items()}, gross=gross)
    net, taxes = (sum((getattr(share, name) for share in left), NOTHING) for name in ("net", "tax"))
    totals = Totals(
        lines=sum(groups.values(), NOTHING),
        discount=sum(off.values(), NOTHING) if discount else None,
        net=net,
        tax=taxes,
        gross=net + taxes,
        prepaid=None,
        payable=net + taxes,
        open=None,
    )
    return totals, tuple(
        TaxShare(
            rate=Decimal(f"{share.rate:f}"),
            category=tax_category(treatment, share.rate),
            exemption_code=None if share.rate else exemption_code(treatment),
            net=share.net,
            tax=share.tax,
            gross=share.net + share.tax,
        )
        for share in left
    )


def counted(lines: Iterable[LineInput]) -> Iterator[Counted]:
    """The lines that are in the sum."""
    for line in lines:
        if line.type != "text" and not line.optional:
            yield Counted(line.quantity, line.unit_price, line.discount_percentage, line.tax_rate)


def rate_misfit(path: str, rates: tuple[Decimal, ...], day: date) -> FieldError:
    """A rate that does not hold on the day."""
    message = f"On {day} Lexware Office takes the rates {', '.join(map(str, rates))}."
    return misfit(path, "rate_not_in_force", message)


def _problems(
    body: SalesDocumentInput,
    treatment: TaxTreatment,
    tax_type: str,
    rates: tuple[Decimal, ...] | None,
    day: date,
) -> Iterator[FieldError]:
    yield from _rate_problems(body.lines, rates, tax_type, day)
    if treatment in NEEDS_CUSTOMER and body.buyer.customer_id is None:
        yield misfit("buyer.customerId", "required", f"Lexware Office asks for a customer with {treatment}.")
    country = body.buyer.address.country_code if body.buyer.address else None
    if country is not None and treatment in ABROAD:
        within = country[:2] in EU and "_" not in country
        if within is not ABROAD[treatment]:
            place = "another member state of the EU" if ABROAD[treatment] else "a country outside the EU"
            yield misfit("buyer.address.countryCode", "invalid", f"{treatment} is for buyers in {place}.")
    if isinstance(body, InvoiceInput) and body.buyer_reference:
        if body.buyer.customer_id is None:
            message = "An XRechnung asks for a customer."
            yield misfit("buyer.customerId", "required", message)
        if tax_type != "net":
            yield misfit(
                "pricesIncludeTax", "invalid", "Lexware Office makes an XRechnung of net prices only."
            )


def _rate_problems(
    lines: Sequence[AlternativeInput],
    rates: tuple[Decimal, ...] | None,
    tax_type: str,
    day: date,
    path: str = "lines",
) -> Iterator[FieldError]:
    if rates is None or tax_type in tax.FREE:  # there `checks` tells
        return
    for index, line in enumerate(lines):
        if line.type != "text" and line.tax_rate is not None and line.tax_rate not in rates:
            yield rate_misfit(f"{path}[{index}].taxRate", rates, day)
        if isinstance(line, LineInput):
            below = f"{path}[{index}].alternatives"
            yield from _rate_problems(line.alternatives, rates, tax_type, day, below)


def _warnings(body: SalesDocumentInput) -> Iterator[FieldError]:
    if isinstance(body, QuoteInput) and body.valid_until is not None and body.valid_until < body.issued_on:
        yield misfit("validUntil", "before_issue", "The quote would expire before it is issued.")
    if not isinstance(body, InvoiceInput):
        return
    period = body.service_period
    if period is None or period.kind == "none":
        yield SUPPLY_DAY_MISSING
    if body.buyer_reference and leitweg.misread(body.buyer_reference):
        yield misfit("buyerReference", "check_digits", "The check digits of this Leitweg-ID are wrong.")
