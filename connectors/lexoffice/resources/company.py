"""The company behind the connection, over /v1/profile. Source: "Profile" (read 2026-11-20)."""

from connectors.base.connector import Session
from connectors.base.paging import Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient, raw_of, readable
from connectors.lexoffice.native.profile import Profile
from connectors.lexoffice.profile import PRICE_MODE, PROFILE
from schemas.company import CompanyProfile, PriceMode

PRINCIPLE = {"ORIGIN": "origin", "DESTINATION": "destination"}


class Company:
    """The company of one connection. Lexware changes it in the application only."""

    def __init__(self, session: Session) -> None:
        self._client = LexofficeClient(session)

    async def get(self) -> Record[CompanyProfile]:
        """The profile, one call."""
        return readable(await self._client.get("/v1/profile", "company.get"), _record)


def _record(answer: Answer) -> Record[CompanyProfile]:
    return Record(data=to_unified(PROFILE.decode(answer.content)), raw=raw_of(answer))


def to_unified(raw: Profile) -> CompanyProfile:
    """The profile in unified words. A principle not known yet is passed on as the vendor writes it."""
    principle = raw.distance_sales_principle
    return CompanyProfile(
        id=raw.organization_id,
        name=raw.company_name,
        price_mode=PriceMode(PRICE_MODE.get(raw.tax_type, "unknown")),
        vendor_price_mode=raw.tax_type,
        small_business=raw.small_business,
        distance_sales_principle=PRINCIPLE.get(principle, principle) if principle else None,
        features=raw.business_features or [],
        subscription_status=raw.subscription_status,
        connected_user=raw.created.user_name if raw.created else None,
        links=links.NONE,
    )
