"""`/v1/profile`. Source: "Profile" (read 2026-11-20)."""

from connectors.lexoffice.native.base import Native


class Created(Native, kw_only=True, frozen=True):
    """Who made the connection."""

    user_name: str | None = None
    user_email: str | None = None


class Profile(Native, kw_only=True, frozen=True):
    """The company behind a key or grant."""

    organization_id: str
    company_name: str | None = None
    created: Created | None = None
    connection_id: str | None = None
    tax_type: str = ""
    small_business: bool | None = None
    distance_sales_principle: str | None = None
    business_features: list[str] | None = None
    subscription_status: str | None = None
