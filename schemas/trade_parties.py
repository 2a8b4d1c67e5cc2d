"""The two sides of a document: who sells (EN 16931 BG-4) and who buys (BG-7), as printed on it."""

from typing import Annotated

from msgspec import Meta

from schemas.base import CountryCode, Id, Input, ShortText, Unified
from schemas.parties import Address


class Seller(Unified, kw_only=True, frozen=True):
    """Who sells: the connected company on sales documents, a supplier on purchases."""

    supplier_id: str | None
    """The supplier; None when it is the connected company, or a name used once."""
    name: str | None
    """BT-27."""
    contact_person: str | None
    """BT-41."""
    address: Address | None
    """BG-5; None where the vendor keeps none on the document."""


class Buyer(Unified, kw_only=True, frozen=True):
    """Who buys: a customer on sales documents, the connected company on purchases."""

    customer_id: str | None
    """The customer; None for an address used once, or when it is the connected company."""
    name: str | None
    """BT-44."""
    contact_person: str | None
    """BT-56."""
    address: Address | None
    """BG-8; None where the vendor keeps none on the document."""


class PrintedAddressInput(Input, kw_only=True, frozen=True):
    """A postal address for one document."""

    supplement: ShortText | None = None
    """Second address line."""
    street: ShortText | None = None
    """Street and house number."""
    postal_code: Annotated[str, Meta(max_length=20)] | None = None
    """Postal code."""
    city: ShortText | None = None
    """Town."""
    country_code: CountryCode | None = None
    """Needed without `customerId`."""


class BuyerInput(Input, kw_only=True, frozen=True):
    """Whom to address: a customer by `customerId`, an address used once by name and country, or both.

    With both, the address overrides the customer's on this document only.
    """

    customer_id: Id | None = None
    name: ShortText | None = None
    address: PrintedAddressInput | None = None


class SellerInput(Input, kw_only=True, frozen=True):
    """Who sold: a supplier by `supplierId`, or a name used once."""

    supplier_id: Id | None = None
    name: ShortText | None = None
