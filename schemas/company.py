"""Company: the connected company itself."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Link, Resource, Unified
from schemas.parties import Address


class PriceMode(StrEnum):
    """How the company writes its documents by default."""

    NET = "net"
    GROSS = "gross"
    TAX_FREE = "tax_free"
    UNKNOWN = "unknown"


class CompanyProfile(Unified, kw_only=True, frozen=True):
    """The company behind a connection, as the vendor knows it."""

    id: str
    """The vendor's id of the organisation."""
    name: str | None
    """Name of the company (BT-27)."""
    address: Address | None
    """Seat of the company (BG-5); None where the connection may not read it."""
    vat_id: str | None
    """VAT identification number (BT-31)."""
    tax_number: str | None
    """National tax number (BT-32; in Germany: Steuernummer)."""
    legal_form: str | None
    """Legal form, as the vendor writes it; may be German."""
    vendor_legal_form: str | None
    """The vendor's own key for the legal form, e.g. `LIMITED_LIABILITY_COMPANY`."""
    industry: str | None
    """Branch of business, as the vendor writes it; may be German."""
    industry_code: str | None
    """Its code in the German classification of economic activities (WZ 2008)."""
    website: str | None
    """Address of the company's website."""
    price_mode: PriceMode
    """Default of new documents: net, gross, or free of VAT."""
    vendor_price_mode: str
    """The vendor's own word for it."""
    small_business: bool | None
    """Small business without VAT (in Germany § 19 UStG)."""
    distance_sales_principle: str | None
    """Where distance sales to EU consumers are taxed: `origin`, `destination`; None when not set."""
    features: list[str]
    """Feature names of the plan and its extras, in the vendor's words."""
    subscription_status: str | None
    """State of the plan in the vendor's word; None where it tells none."""
    connected_user: str | None
    """Who granted the access."""
    connected_at: datetime | None
    """When the access was granted (UTC)."""
    vendor_connection_id: str | None
    """The vendor's id of this very key or grant."""
    links: Link
    """Deep links."""


RESOURCE = Resource(
    name="company",
    singular="CompanyProfile",
    title="The company behind the connection.",
    model=CompanyProfile,
    operations=("get",),
    singleton=True,
)
