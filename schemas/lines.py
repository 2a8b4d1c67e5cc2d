"""Lines of documents (EN 16931 BG-25)."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import Id, Input, LongText, ShortText, Unified
from schemas.money import Amount, Percentage, Quantity, UnitAmount


class LineType(StrEnum):
    """What a line is. `text` carries no price; `custom` refers to no item."""

    CUSTOM = "custom"
    PRODUCT = "product"
    SERVICE = "service"
    TEXT = "text"
    UNKNOWN = "unknown"


class Line(Unified, kw_only=True, frozen=True):
    """One line. Priced lines carry quantity, unit and price; text lines only name and description."""

    type: LineType
    """What the line is."""
    vendor_type: str
    """The vendor's own word for the type."""
    item_id: str | None
    """Item the line was made from; the line keeps its own copy of all values."""
    name: str | None
    """BT-153."""
    description: str | None
    """BT-154."""
    quantity: Quantity | None
    """BT-129."""
    unit_name: str | None
    """Unit of measure as printed (BT-130)."""
    unit_price: UnitAmount | None
    """Price of one unit, with VAT when the document's `pricesIncludeTax`, else without (BT-146)."""
    unit_price_net: UnitAmount | None
    """Price of one unit without VAT."""
    unit_price_gross: UnitAmount | None
    """Price of one unit with VAT."""
    discount_percentage: Percentage | None
    """Discount on the line in per cent."""
    tax_rate: Percentage | None
    """VAT rate in per cent (BT-152)."""
    amount: Amount | None
    """Line amount after discount, with VAT when `pricesIncludeTax`, else without (BT-131)."""


class LineInput(Input, kw_only=True, frozen=True):
    """A line to write. `text` needs name or description; all others need quantity, unit, price and rate."""

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
