"""The company behind the connection, over /v1/profile, and for partners /v1/organization.

Sources: "Profile"; partner documentation, "Organization" (read 2026-11-20).
"""

from msgspec.structs import replace

from connectors.base.connector import Session
from connectors.base.errors import PermissionMissing, RecordNotFound
from connectors.base.paging import Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient, raw_of, readable
from connectors.lexoffice.days import utc
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.profile import Organization, OrganizationAddress, Profile
from connectors.lexoffice.profile import PRICE_MODE, PROFILE
from schemas.company import CompanyProfile, PriceMode
from schemas.parties import Address

ORGANIZATION = decoder(Organization)
PRINCIPLE = {"ORIGIN": "origin", "DESTINATION": "destination"}
PARTNERS_ONLY = (
    "address",
    "vatId",
    "taxNumber",
    "legalForm",
    "vendorLegalForm",
    "industry",
    "industryCode",
    "website",
)
"""What the profile does not tell."""


class Company:
    """The company of one connection. Lexware changes it in the application only."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session)

    async def get(self) -> Record[CompanyProfile]:
        """The profile, one call; over a partner's connection another one for the rest, if it may be read."""
        record = readable(await self._client.get("/v1/profile", "company.get"), _record)
        if self._session.access.credential != "oauth":
            return record
        try:
            answer = await self._client.get("/v1/organization", "company.get")
        except (PermissionMissing, RecordNotFound):  # an older grant lacks the scope
            return record
        more = readable(answer, lambda answer: ORGANIZATION.decode(answer.content))
        return replace(record, data=completed(record.data, more), fields_unavailable=())


def _record(answer: Answer) -> Record[CompanyProfile]:
    data = to_unified(PROFILE.decode(answer.content))
    return Record(data=data, raw=raw_of(answer), fields_unavailable=PARTNERS_ONLY)


def to_unified(raw: Profile) -> CompanyProfile:
    """The profile in unified words. A principle not known yet is passed on as the vendor writes it."""
    principle = raw.distance_sales_principle
    created = raw.created
    return CompanyProfile(
        id=raw.organization_id,
        name=raw.company_name,
        address=None,
        vat_id=None,
        tax_number=None,
        legal_form=None,
        vendor_legal_form=None,
        industry=None,
        industry_code=None,
        website=None,
        price_mode=PriceMode(PRICE_MODE.get(raw.tax_type, "unknown")),
        vendor_price_mode=raw.tax_type,
        small_business=raw.small_business,
        distance_sales_principle=PRINCIPLE.get(principle, principle) if principle else None,
        features=[*(raw.business_features or ()), *(raw.features or ())],
        subscription_status=raw.subscription_status,
        connected_user=created.user_name if created else None,
        connected_at=utc(created.date) if created else None,
        vendor_connection_id=raw.connection_id,
        links=links.NONE,
    )


def completed(company: CompanyProfile, raw: Organization) -> CompanyProfile:
    """The company with what only partners are told."""
    return replace(
        company,
        address=address(raw.address) if raw.address else None,
        vat_id=raw.vat_identification_number,
        tax_number=raw.tax_number,
        legal_form=raw.organization_type,
        vendor_legal_form=raw.organization_type_key,
        industry=raw.branch_of_industry_name,
        industry_code=raw.branch_of_industry_wz_code,
        website=raw.website,
    )


def address(raw: OrganizationAddress) -> Address:
    """The seat of the company."""
    return Address(
        supplement=None,
        street=raw.street,
        postal_code=raw.zip,
        city=raw.city,
        country_code=raw.country_code,
    )
