"""Items: goods and services the connected company sells."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import AllowedAction, Filters, Input, LongText, Name, Resource, ShortText, Traced
from schemas.money import Percentage, UnitAmount

ItemTypeName = Annotated[str, Meta(pattern="^(product|service)$", description="`product` or `service`.")]


class ItemType(StrEnum):
    """Goods or service; `unknown` for a word of the vendor that Kontor does not know yet."""

    PRODUCT = "product"
    SERVICE = "service"
    UNKNOWN = "unknown"


class Item(Traced, kw_only=True, frozen=True):
    """Something the connected company sells, as a template for document lines."""

    name: str
    """What it is called on a line (EN 16931 BT-153)."""
    number: str | None
    """The seller's own article number (BT-155)."""
    type: ItemType
    """Goods or service."""
    vendor_type: str
    """The vendor's own word for the type."""
    description: str | None
    """Text printed below the name (BT-154)."""
    gtin: str | None
    """Global trade item number (BT-157)."""
    note: str | None
    """Internal remark, never printed."""
    unit_name: str | None
    """Unit of measure as printed."""
    price: UnitAmount | None
    """Price of one unit; with VAT when `pricesIncludeTax`, else without."""
    net_price: UnitAmount | None
    """Price of one unit without VAT."""
    gross_price: UnitAmount | None
    """Price of one unit with VAT."""
    prices_include_tax: bool
    """True when the gross price is the one that counts and net is derived from it."""
    currency: str
    """ISO 4217."""
    tax_rate: Percentage
    """VAT rate in per cent."""
    allowed_actions: list[AllowedAction]
    """What can be done with it now, and why not."""


class ItemInput(Input, kw_only=True, frozen=True):
    """An item to create, or the writable part of one to update."""

    name: Name
    number: ShortText | None = None
    type: ItemTypeName
    description: LongText | None = None
    gtin: Annotated[str, Meta(pattern=r"^\d{8}(\d{4,6})?$")] | None = None
    note: LongText | None = None
    unit_name: Annotated[str, Meta(min_length=1, max_length=100)]
    price: UnitAmount
    """Price of one unit; with VAT when `pricesIncludeTax`, else without."""
    prices_include_tax: bool = False
    tax_rate: Percentage


class ItemFilters(Filters, kw_only=True, frozen=True):
    """Filters of items."""

    number: Annotated[str, Meta(max_length=255, description="Exact article number.")] | None = None
    gtin: Annotated[str, Meta(max_length=14, description="Exact GTIN.")] | None = None
    type: (
        Annotated[str, Meta(pattern="^(product|service)$", description="`product` or `service`.")] | None
    ) = None


RESOURCE = Resource(
    name="items",
    singular="Item",
    title="Goods and services the connected company sells.",
    model=Item,
    create=ItemInput,
    filters=ItemFilters,
    operations=("list", "get", "create", "update", "delete"),
    searched=("number", "name", "note"),
)
