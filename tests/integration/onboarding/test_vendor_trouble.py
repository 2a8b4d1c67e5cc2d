"""When the vendor stumbles after the consent: nothing is half done, and what was granted is given back."""

import httpx2
import pytest

from sandbox.lexoffice.faults import Fault, Match
from tests.integration.onboarding.people import Person, Program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

TOKEN = Match(method="POST", path="/oauth2/token")
PROFILE = Match(path="/v1/profile")
HTML = "<html><body>Wartungsarbeiten</body></html>"
NO_REFRESH = '{"access_token": "abc", "token_type": "Bearer", "expires_in": 14399}'
ONLY_REFRESH = '{"refresh_token": "abc", "token_type": "Bearer"}'

TOKEN_FAULTS: dict[str, tuple[Fault, int, str]] = {
    "the token endpoint is down": (Fault(kind="status", status=500, match=TOKEN), 502, "grant_unusable"),
    "the token endpoint is busy": (Fault(kind="status", status=429, match=TOKEN), 429, "upstream_busy"),
    "the token endpoint hangs up": (Fault(kind="drop_before", match=TOKEN), 503, "upstream_unreachable"),
    "a page instead of tokens": (
        Fault(kind="status", status=200, body=HTML, match=TOKEN),
        502,
        "grant_unusable",
    ),
    "a redirect instead of tokens": (Fault(kind="status", status=302, match=TOKEN), 502, "grant_unusable"),
    "an empty object": (Fault(kind="status", status=200, body="{}", match=TOKEN), 502, "grant_unusable"),
    "an unknown client": (
        Fault(kind="status", status=400, body='{"error": "invalid_client"}', match=TOKEN),
        502,
        "partner_app_refused",
    ),
    "a deactivated client": (
        Fault(kind="status", status=400, body='{"error": "unauthorized_client"}', match=TOKEN),
        502,
        "partner_app_refused",
    ),
    "an error of the vendor's own": (
        Fault(kind="status", status=400, body='{"error": "vendor_whim"}', match=TOKEN),
        502,
        "code_refused",
    ),
}

GRANT_FAULTS: dict[str, tuple[Fault, int, str]] = {
    "a grant that cannot be renewed": (
        Fault(kind="status", status=200, body=NO_REFRESH, match=TOKEN),
        502,
        "grant_unusable",
    ),
    "a grant without access": (
        Fault(kind="status", status=200, body=ONLY_REFRESH, match=TOKEN),
        502,
        "grant_unusable",
    ),
    "a profile that refuses the token": (
        Fault(kind="status", status=401, body='{"message":"Unauthorized"}', match=PROFILE),
        424,
        "reconnect_required",
    ),
    "a plan that has lapsed": (Fault(kind="status", status=402, match=PROFILE), 424, "plan_insufficient"),
    "a scope that is missing": (Fault(kind="status", status=403, match=PROFILE), 424, "permission_missing"),
    "a profile that fails": (
        Fault(kind="status", status=500, match=PROFILE, times=None),
        502,
        "upstream_broken",
    ),
    "a profile that cannot be read": (
        Fault(kind="status", status=200, body=HTML, match=PROFILE),
        502,
        "upstream_broken",
    ),
    "a profile that hangs up": (
        Fault(kind="drop_before", match=PROFILE, times=None),
        502,
        "upstream_broken",
    ),
}


async def stumble(stage: Stage, tenant: Program, customer: Person, fault: Fault) -> httpx2.Response:
    address = await customer.consent(await customer.start((await tenant.session())["url"]))
    stage.twin.twin.faults.add(Fault(**{f: getattr(fault, f) for f in fault.__struct_fields__}))
    return await customer.open(address, headers={"accept": "application/json"})


@pytest.mark.parametrize("name", sorted(TOKEN_FAULTS | GRANT_FAULTS))
async def test_no_connection_is_left_behind(
    stage: Stage, tenant: Program, customer: Person, name: str
) -> None:
    fault, status, code = (TOKEN_FAULTS | GRANT_FAULTS)[name]

    answer = await stumble(stage, tenant, customer, fault)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await tenant.connections() == []


@pytest.mark.parametrize("name", sorted(GRANT_FAULTS))
async def test_what_was_granted_is_given_back(
    stage: Stage, tenant: Program, customer: Person, name: str
) -> None:
    before = len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke"))

    await stumble(stage, tenant, customer, GRANT_FAULTS[name][0])

    assert len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke")) == before + 1


@pytest.mark.parametrize("name", sorted(TOKEN_FAULTS))
async def test_without_a_grant_there_is_nothing_to_give_back(
    stage: Stage, tenant: Program, customer: Person, name: str
) -> None:
    before = len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke"))

    await stumble(stage, tenant, customer, TOKEN_FAULTS[name][0])

    assert len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke")) == before


async def test_a_grant_that_cannot_be_given_back_does_not_hide_the_reason(
    stage: Stage, tenant: Program, customer: Person
) -> None:
    stage.twin.twin.faults.add(Fault(kind="status", status=500, match=Match(path="/oauth2/revoke")))

    answer = await stumble(stage, tenant, customer, GRANT_FAULTS["a plan that has lapsed"][0])

    assert answer.json()["code"] == "plan_insufficient"


async def test_the_session_is_over_and_says_why(stage: Stage, tenant: Program, customer: Person) -> None:
    session = await tenant.session()
    address = await customer.consent(await customer.start(session["url"]))
    stage.twin.twin.faults.add(Fault(kind="status", status=402, match=PROFILE))

    page = await customer.open(address)

    assert page.status_code == 424
    assert "Ihr Tarif reicht nicht" in page.text
    outcome = await tenant.outcome(session)
    assert (outcome["state"], outcome["problem"]) == ("failed", "plan_insufficient")
