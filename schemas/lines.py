"""Lines of documents (EN 16931 BG-25)."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import Id, Input, LongText, ShortText, Unified
from schemas.money import Amount, Percentage, Quantity, UnitAmount
from schemas.terms import ServicePeriod


class LineType(StrEnum):
    """What a line is. `text` carries no price; `custom` refers to no item."""

    CUSTOM = "custom"
    PRODUCT = "product"
    SERVICE = "service"
    TEXT = "text"
    UNKNOWN = "unknown"


class Line(Unified, kw_only=True, frozen=True):
    """One line. Priced lines carry quantity, unit and price; text lines only name and description.

    Amounts marked *computed* are Kontor's, rounded on this line alone: the document's totals are rounded by
    rate, so the lines' VAT may add up to a few cents more or less.
    """

    position: int
    """Place in the document, from 1 (BT-126)."""
    type: LineType
    """What the line is."""
    vendor_type: str
    """The vendor's own word for the type."""
    item_id: str | None
    """Item the line was made from; the line keeps its own copy of all values."""
    account_id: str | None
    """Account it is booked on; None on documents that are not booked by line."""
    name: str | None
    """What it is (BT-153)."""
    description: str | None
    """Text below the name (BT-154)."""
    quantity: Quantity | None
    """How many (BT-129)."""
    unit_name: str | None
    """Unit of measure as printed."""
    unit_code: str | None
    """The same by UN/ECE Recommendation 20 (BT-130); None where the printed name says nothing certain."""
    currency: str
    """ISO 4217; the document's."""
    prices_include_tax: bool
    """True when `unitPrice` and `amount` include VAT; the same on all lines of a document."""
    unit_price: UnitAmount | None
    """Price of one unit before discount (BT-148); with VAT when `pricesIncludeTax`, else without."""
    unit_price_net: UnitAmount | None
    """Price of one unit without VAT, before discount."""
    unit_price_gross: UnitAmount | None
    """Price of one unit with VAT, before discount."""
    unit_price_tax: UnitAmount | None
    """VAT in the price of one unit, *computed*."""
    unit_price_discounted: UnitAmount | None
    """Price of one unit after discount (BT-146), *computed*, on the side of `unitPrice`."""
    unit_discount: UnitAmount | None
    """Discount on one unit (BT-147), *computed*, on the side of `unitPrice`."""
    price_base_quantity: Quantity | None
    """Units that the price is for (BT-149)."""
    discount_percentage: Percentage | None
    """Discount on the line in per cent (BT-138)."""
    discount_amount: Amount | None
    """What the discount comes to (BT-136), *computed*."""
    amount_before_discount: Amount | None
    """Quantity times unit price (BT-137), *computed*."""
    amount: Amount | None
    """Line amount after discount, with VAT when `pricesIncludeTax`, else without."""
    amount_net: Amount | None
    """Line amount without VAT (BT-131); *computed* when `pricesIncludeTax`."""
    amount_tax: Amount | None
    """VAT of the line, *computed*; on recorded documents as booked."""
    amount_gross: Amount | None
    """Line amount with VAT; *computed* unless `pricesIncludeTax`."""
    tax_rate: Percentage | None
    """VAT rate in per cent (BT-152)."""
    tax_category: str | None
    """VAT category by UNCL 5305 (BT-151): `S` standard, `E` exempt, `AE` reverse charge …"""
    counts: bool
    """True when it enters the totals: false for texts, optional lines and alternatives."""
    optional: bool
    """True for a line the buyer may add; only on quotes."""
    alternative: bool
    """True for a line that could stand in place of the one above it; only on quotes."""
    alternatives: list["Line"]
    """Lines that could stand in place of this one; only on quotes."""
    service_period: ServicePeriod | None
    """When this line was supplied (BG-26); the document's, where the vendor keeps one for all lines."""


class AlternativeInput(Input, kw_only=True, frozen=True):
    """A line that could stand in place of another."""

    type: Annotated[
        str,
        Meta(
            pattern="^(custom|product|service|text)$", description="`custom`, `product`, `service` or `text`."
        ),
    ]
    item_id: Id | None = None
    name: ShortText | None = None
    description: LongText | None = None
    quantity: Quantity | None = None
    unit_name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    unit_price: UnitAmount | None = None
    discount_percentage: Percentage | None = None
    tax_rate: Percentage | None = None


class LineInput(AlternativeInput, kw_only=True, frozen=True):
    """A line to write. `text` needs name or description; all others need quantity, unit, price and rate."""

    optional: bool = False
    """True: the buyer may add it, and the totals leave it out; only on quotes."""
    alternatives: Annotated[list[AlternativeInput], Meta(max_length=20)] = []
    """Lines that could stand in place of this one; only on quotes."""
