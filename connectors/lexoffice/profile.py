"""Who is behind a key or grant: `/v1/profile`, also the test of a connection. Source: "Profile"."""

from connectors.base.connector import Identity
from connectors.base.wire import Call, Wire
from connectors.lexoffice.client import readable
from connectors.lexoffice.errors import translate
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.profile import Profile

PROFILE = decoder(Profile)
PRICE_MODE = {"net": "net", "gross": "gross", "vatfree": "tax_free"}
"""The vendor's `taxType` of a company; any other reads as `unknown`."""


async def identify(wire: Wire) -> Identity:
    """Who the credential of this wire belongs to.

    Raises:
        ReconnectNeeded: the key or grant is refused.
        PlanTooSmall: the contract lapsed, or has no API.
        PermissionMissing: the key may not read the profile.
    """
    answer = await wire.send(Call(method="GET", path="/v1/profile", purpose="profile"))
    if not 200 <= answer.status < 300:
        raise translate(answer, {})
    return readable(answer, lambda answer: identity(PROFILE.decode(answer.content)))


def identity(raw: Profile) -> Identity:
    """The company in the words of the connector contract."""
    return Identity(
        organization_id=raw.organization_id,
        organization_name=raw.company_name,
        vendor_connection_id=raw.connection_id,
        price_mode=PRICE_MODE.get(raw.tax_type, "unknown"),
        small_business=raw.small_business,
        features=tuple(raw.business_features or ()),
    )
