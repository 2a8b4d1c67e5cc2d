"""`/v1/profile`, and `/v1/organization` for partners. Sources: "Profile"; partner documentation,
"Organization" (read 2026-11-20).
"""

from connectors.lexoffice.native.base import Instant, Native


class Created(Native, kw_only=True, frozen=True):
    """Who made the connection."""

    user_name: str | None = None
    user_email: str | None = None
    date: Instant | None = None


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
    features: list[str] | None = None
    """In the documentation's sample only, like the next; absent when measured (2026-10)."""
    subscription_status: str | None = None


class OrganizationAddress(Native, kw_only=True, frozen=True):
    street: str | None = None
    zip: str | None = None
    city: str | None = None
    country_code: str | None = None


class Organization(Native, kw_only=True, frozen=True):
    """The company as partners see it."""

    company_name: str | None = None
    branch_of_industry_name: str | None = None
    branch_of_industry_wz_code: str | None = None
    address: OrganizationAddress | None = None
    organization_type: str | None = None
    organization_type_key: str | None = None
    vat_identification_number: str | None = None
    tax_number: str | None = None
    website: str | None = None
