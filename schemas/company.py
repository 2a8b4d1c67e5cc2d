"""Company: the connected company itself."""

from enum import StrEnum

from schemas.base import Link, Resource, Unified


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
    """Name of the company."""
    price_mode: PriceMode
    """Default of new documents: net, gross, or free of VAT."""
    vendor_price_mode: str
    """The vendor's own word for it."""
    small_business: bool | None
    """Small business without VAT (in Germany § 19 UStG)."""
    distance_sales_principle: str | None
    """Where distance sales to EU consumers are taxed: `origin`, `destination`; None when not set."""
    features: list[str]
    """Feature names of the plan, in the vendor's words."""
    subscription_status: str | None
    """State of the plan in the vendor's word."""
    connected_user: str | None
    """Who granted the access."""
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
