"""Connecting by the end customer's own API key, on the hosted page."""

import httpx2
import pytest

from sandbox.lexoffice.faults import Fault, Match
from tests.integration.onboarding.people import Person, Program, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

PROFILE = Match(path="/v1/profile")
WRONG_KEY = "falsch-aber-wohlgeformt-4711"


def key_of(stage: Stage, company: int = 0) -> str:
    return stage.twin.identity.organizations[company].api_key


async def paste(customer: Person, session: dict[str, str], key: str) -> httpx2.Response:
    return await customer.press(session["url"], "api_key", key=key)


async def test_a_key_connects(stage: Stage, tenant: Program, customer: Person) -> None:
    session = await tenant.session()

    back = await paste(customer, session, f"  {key_of(stage, 1)}\n")
    exchanged = (await tenant.exchange(back.headers["location"])).json()["data"]

    assert back.status_code == 303
    assert exchanged["connection"]["credentialKind"] == "api_key"
    assert exchanged["connection"]["organization"]["name"] == "Blumen Muster e.K."
    assert exchanged["connection"]["organization"]["smallBusiness"] is True
    company = await tenant.call(
        "GET", "/v1/accounting/company", headers={"X-ACCOUNT-KEY": exchanged["accountKey"]}
    )
    assert company.json()["data"]["name"] == "Blumen Muster e.K."


async def test_a_tenant_without_a_partner_app_is_offered_keys_alone(stage: Stage, customer: Person) -> None:
    tenant = await program(stage, partner_app=False)

    page = await customer.open((await tenant.session())["url"])

    assert 'value="api_key"' in page.text
    assert 'value="oauth"' not in page.text


async def test_both_ways_are_offered_when_nothing_was_chosen(tenant: Program, customer: Person) -> None:
    page = await customer.open((await tenant.session())["url"])

    assert 'value="api_key"' in page.text
    assert 'value="oauth"' in page.text


@pytest.mark.parametrize(("method", "other"), [("oauth", "api_key"), ("api_key", "oauth")])
async def test_only_the_chosen_way_is_offered_and_taken(
    stage: Stage, tenant: Program, customer: Person, method: str, other: str
) -> None:
    session = await tenant.session(method=method)

    page = await customer.open(session["url"])
    pressed = await customer.press(session["url"], other, key=key_of(stage))

    assert f'value="{method}"' in page.text
    assert f'value="{other}"' not in page.text
    assert pressed.status_code == 409
    assert await tenant.connections() == []


MALFORMED = {
    "nothing": "",
    "blanks": "   ",
    "too short": "kurz",
    "a blank inside": "abcdefgh ijklmnopqrst",
    "an umlaut": "schlüsselschlüsselschlüssel",
    "a line break inside": "abcdefgh\r\nX-Evil: 1jklmnop",
    "U+0000": "abcdefghijklmnop\x00qrstuvw",
    "too long": "x" * 513,
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
async def test_a_malformed_key_never_leaves(
    stage: Stage, tenant: Program, customer: Person, name: str
) -> None:
    session = await tenant.session()
    before = stage.twin.twin.ledger.count

    page = await paste(customer, session, MALFORMED[name])

    assert page.status_code == 422
    assert "So sieht kein API-Schlüssel aus" in page.text
    assert stage.twin.twin.ledger.count == before
    assert (await tenant.outcome(session))["problem"] == "key_malformed"


async def test_a_key_of_16_kilobytes_is_refused_unread(tenant: Program, customer: Person) -> None:
    session = await tenant.session()

    assert (await paste(customer, session, "x" * 17_000)).status_code == 413


REFUSALS = {
    "refused": (None, 422, "key_refused", "nimmt den Schlüssel nicht an"),
    "missing plan": (Fault(kind="status", status=402, match=PROFILE), 424, "plan_insufficient", "Tarif"),
    "missing permission": (
        Fault(kind="status", status=403, match=PROFILE),
        424,
        "permission_missing",
        "Eine Berechtigung fehlt",
    ),
    "unreadable": (
        Fault(kind="status", status=500, match=PROFILE, times=None),
        502,
        "upstream_broken",
        "nicht verständlich geantwortet",
    ),
    "busy": (
        Fault(kind="status", status=429, match=PROFILE, times=None),
        429,
        "upstream_busy",
        "gerade ausgelastet",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSALS))
async def test_refusals_are_told_apart(stage: Stage, tenant: Program, customer: Person, name: str) -> None:
    fault, status, code, words = REFUSALS[name]
    session = await tenant.session()
    if fault is not None:
        stage.twin.twin.faults.add(Fault(**{f: getattr(fault, f) for f in fault.__struct_fields__}))

    page = await paste(customer, session, WRONG_KEY if fault is None else key_of(stage))

    assert page.status_code == status
    assert words in page.text
    outcome = await tenant.outcome(session)
    assert (outcome["state"], outcome["problem"]) == ("started", code)
    assert await tenant.connections() == []


async def test_a_key_without_the_profiles_permission_is_told_so(
    stage: Stage, tenant: Program, customer: Person
) -> None:
    company = stage.twin.identity.organizations[0]
    key = stage.twin.twin.create_api_key(company.id, permissions=["contacts.read"])

    page = await paste(customer, await tenant.session(), key)

    assert "Eine Berechtigung fehlt" in page.text


async def test_a_refused_key_is_never_shown_again(tenant: Program, customer: Person) -> None:
    page = await paste(customer, await tenant.session(), WRONG_KEY)

    assert WRONG_KEY not in page.text


async def test_after_a_refusal_the_right_key_connects(
    stage: Stage, tenant: Program, customer: Person
) -> None:
    session = await tenant.session()
    await paste(customer, session, WRONG_KEY)

    again = await paste(customer, session, key_of(stage))

    assert again.status_code == 303
    assert (await tenant.outcome(session))["state"] == "succeeded"


async def test_ten_keys_may_be_tried(stage: Stage, tenant: Program, customer: Person) -> None:
    session = await tenant.session()
    for _ in range(10):
        assert (await paste(customer, session, WRONG_KEY)).status_code == 422

    eleventh = await paste(customer, session, key_of(stage))

    assert eleventh.status_code == 429
    outcome = await tenant.outcome(session)
    assert (outcome["state"], outcome["problem"]) == ("failed", "too_many_attempts")
    assert await tenant.connections() == []


async def test_a_key_pasted_by_another_site_is_not_taken(
    stage: Stage, tenant: Program, customer: Person
) -> None:
    session = await tenant.session()
    await customer.open(session["url"])

    forged = await customer.send(session["url"], {"method": "api_key", "key": key_of(stage)})

    assert forged.status_code == 403
    assert await tenant.connections() == []


async def test_programs_get_a_problem_instead_of_the_form(tenant: Program, customer: Person) -> None:
    session = await tenant.session()
    await customer.open(session["url"])
    page = await customer.open(session["url"])
    token = page.text.split('name="page" value="')[1].split('"')[0]

    answer = await customer.client.post(
        session["url"],
        data={"method": "api_key", "key": WRONG_KEY, "page": token},
        headers={"accept": "application/json"},
    )

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "key_refused"
    assert WRONG_KEY not in answer.text


async def test_the_key_lies_sealed_in_the_database(stage: Stage, tenant: Program, customer: Person) -> None:
    from sqlalchemy import select

    from gateway.persistence.tables import METADATA

    await paste(customer, await tenant.session(), key_of(stage))

    async with stage.rooms.database.read() as session:
        stored = [repr((await session.execute(select(table))).all()) for table in METADATA.sorted_tables]
    assert len(stored) > 10
    assert [text for text in stored if key_of(stage) in text] == []
