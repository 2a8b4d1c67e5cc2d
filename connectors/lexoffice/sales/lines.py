"""Lines of sales vouchers, vendor to unified. Pure."""

from decimal import Decimal

from msgspec import Struct

from connectors.base.mapping import amount, plain_or_none, unit_amount
from connectors.base.taxation import HUNDRED, cents, shares
from connectors.lexoffice.native import sales as native
from schemas.lines import Line, LineType
from schemas.tax import TaxTreatment, tax_category
from schemas.terms import ServicePeriod
from schemas.units import unit_code

LINE_TYPE = {
    "custom": LineType.CUSTOM,
    "material": LineType.PRODUCT,
    "service": LineType.SERVICE,
    "text": LineType.TEXT,
}
ONE = Decimal(1)


class Around(Struct, frozen=True, kw_only=True):
    """What the document says for all its lines."""

    currency: str
    gross: bool
    """Which of both unit prices is the leading one."""
    treatment: TaxTreatment
    period: ServicePeriod | None


def line(raw: native.LineItem, position: int, around: Around) -> Line:
    """A line with what follows from it; text lines have no price, lines of delivery notes may have none."""
    price = raw.unit_price or native.UnitPrice()
    net_price, gross_price = unit_amount(price.net_amount), unit_amount(price.gross_amount)
    unit_price = gross_price if around.gross else net_price
    rate = plain_or_none(price.tax_rate_percentage)
    discount = plain_or_none(raw.discount_percentage)
    discounted = unit_price if not discount else _less(unit_price, discount)
    before = _product(raw.quantity, unit_price)
    total = None if raw.line_item_amount is None else amount(raw.line_item_amount)
    net, tax, gross = _sides(total, rate, around.gross)
    return Line(
        position=position,
        type=LINE_TYPE.get(raw.type, LineType.UNKNOWN),
        vendor_type=raw.type,
        item_id=raw.id,
        account_id=None,
        name=raw.name,
        description=raw.description,
        quantity=plain_or_none(raw.quantity),
        unit_name=raw.unit_name,
        unit_code=unit_code(raw.unit_name),
        currency=price.currency or around.currency,
        prices_include_tax=around.gross,
        unit_price=unit_price,
        unit_price_net=net_price,
        unit_price_gross=gross_price,
        unit_price_tax=None if net_price is None or gross_price is None else gross_price - net_price,
        unit_price_discounted=discounted,
        unit_discount=None if unit_price is None or discounted is None else unit_price - discounted,
        price_base_quantity=None if unit_price is None else ONE,
        discount_percentage=discount,
        discount_amount=None if before is None or total is None else before - total,
        amount_before_discount=before,
        amount=total,
        amount_net=net,
        amount_tax=tax,
        amount_gross=gross,
        tax_rate=rate,
        tax_category=tax_category(around.treatment, rate),
        counts=total is not None and not raw.optional and not raw.alternative,
        optional=bool(raw.optional),
        alternative=bool(raw.alternative),
        alternatives=[line(sub, place, around) for place, sub in enumerate(raw.sub_items or (), 1)],
        service_period=None if raw.type == "text" else around.period,
    )


def _less(price: Decimal | None, discount: Decimal) -> Decimal | None:
    return None if price is None else unit_amount(price * (HUNDRED - discount) / HUNDRED)


def _product(quantity: Decimal | None, price: Decimal | None) -> Decimal | None:
    return None if quantity is None or price is None else cents(quantity * price)


def _sides(
    total: Decimal | None, rate: Decimal | None, gross: bool
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Net, tax and gross of one line."""
    if total is None or rate is None:
        return (None, None, total) if gross else (total, None, None)
    net, tax = shares(total, rate, gross=gross)
    return net, tax, net + tax
