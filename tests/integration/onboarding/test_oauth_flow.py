"""From the connect session to the first call, by OAuth, against the twin."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from gateway.persistence.tables import connect_sessions, exchange_codes
from tests.integration.onboarding.people import (
    CALLBACK,
    RETURN_URL,
    Person,
    Program,
    ShiftedClock,
    form_of,
    query_of,
)
from tests.stage import PUBLIC_URL, TWIN_URL, Stage

pytestmark = pytest.mark.anyio


async def test_an_end_customer_connects_and_the_account_key_works(tenant: Program, customer: Person) -> None:
    session = await tenant.session(label="Muster Handel GmbH", customerReference="K-10023")

    back = await customer.grant(session["url"])
    exchanged = await tenant.exchange(back.headers["location"])

    assert back.status_code == 303
    assert exchanged.status_code == 200
    connection = exchanged.json()["data"]["connection"]
    assert connection["state"] == "connected"
    assert connection["credentialKind"] == "oauth"
    assert connection["label"] == "Muster Handel GmbH"
    assert connection["customerReference"] == "K-10023"
    assert connection["organization"]["name"] == "Muster Handel GmbH"
    company = await tenant.call(
        "GET",
        "/v1/accounting/company",
        headers={"X-ACCOUNT-KEY": exchanged.json()["data"]["accountKey"]},
    )
    assert company.status_code == 200, company.text
    assert company.json()["data"]["name"] == "Muster Handel GmbH"


async def test_the_browser_comes_back_with_a_code_and_the_session_and_nothing_else(
    tenant: Program, customer: Person
) -> None:
    session = await tenant.session()

    address = (await customer.grant(session["url"])).headers["location"]

    assert address.startswith(RETURN_URL + "&")
    given = query_of(address)
    assert set(given) == {"via", "code", "connectSession"}
    assert given["connectSession"] == session["id"]
    assert "kontor_account" not in address


async def test_the_vendor_is_asked_with_pkce_an_exact_redirect_and_a_long_state(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    address = await customer.start((await tenant.session(label="Muster & Söhne <b>"))["url"])

    asked = query_of(address)
    assert address.startswith(TWIN_URL + "/oauth2/authorize?")
    assert asked["response_type"] == "code"
    assert asked["client_id"] == stage.twin.identity.oauth.client_id
    assert asked["redirect_uri"] == PUBLIC_URL + CALLBACK
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"])
    assert len(asked["state"]) == 32  # 24 random bytes
    assert "invoices.write" in asked["scope"].split()
    assert asked["connection_name"] == "Muster  Söhne b"


async def test_each_start_has_a_state_and_a_challenge_of_its_own(tenant: Program, customer: Person) -> None:
    url = (await tenant.session())["url"]

    first, second = query_of(await customer.start(url)), query_of(await customer.start(url))

    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]


async def test_the_partner_apps_own_scopes_are_asked_for(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    client = stage.twin.identity.oauth
    body = {
        "clientId": client.client_id,
        "clientSecret": client.client_secret,
        "scopes": ["profile.read", "contacts.read"],
    }
    await tenant.call("PUT", "/v1/targets/lexoffice-sandbox/credentials", json=body)

    address = await customer.start((await tenant.session())["url"])

    assert query_of(address)["scope"] == "profile.read contacts.read"


async def test_a_connection_is_pending_until_its_code_is_exchanged(tenant: Program, customer: Person) -> None:
    address = (await customer.grant((await tenant.session())["url"])).headers["location"]

    (before,) = await tenant.connections()
    await tenant.exchange(address)
    (after,) = await tenant.connections()

    assert (before["state"], after["state"]) == ("pending", "connected")
    assert "POST /v1/connections/exchange" in before["whatToDo"]


async def test_the_session_tells_programs_how_it_stands(tenant: Program, customer: Person) -> None:
    session = await tenant.session()

    fresh = await tenant.outcome(session)
    authorize = await customer.start(session["url"])
    begun = await tenant.outcome(session)
    await customer.open(await customer.consent(authorize))
    done = await tenant.outcome(session)

    assert (fresh["state"], begun["state"], done["state"]) == ("open", "started", "succeeded")
    assert done["problem"] is None
    assert done["connectionId"] == (await tenant.connections())[0]["id"]


async def test_a_link_works_once(tenant: Program, customer: Person) -> None:
    session = await tenant.session()
    await customer.grant(session["url"])

    again = await customer.open(session["url"])

    assert again.status_code == 410
    assert "Dieser Link wurde schon benutzt" in again.text


async def test_a_link_ends_after_thirty_minutes(
    tenant: Program, customer: Person, clock: ShiftedClock
) -> None:
    session = await tenant.session()

    clock.ahead_s = 30 * 60 + 1
    page = await customer.open(session["url"])

    assert page.status_code == 410
    assert "Dieser Link ist abgelaufen" in page.text
    assert (await tenant.outcome(session))["state"] == "expired"


async def test_a_form_of_an_expired_link_starts_nothing(
    tenant: Program, customer: Person, clock: ShiftedClock, stage: Stage
) -> None:
    session = await tenant.session()
    await customer.open(session["url"])

    clock.ahead_s = 30 * 60 + 1
    pressed = await customer.send(session["url"], {"method": "oauth", "page": "x" * 64})

    assert pressed.status_code == 410


async def test_looking_at_a_link_uses_nothing_up(tenant: Program, customer: Person, stranger: Person) -> None:
    session = await tenant.session()

    assert (await stranger.open(session["url"])).status_code == 200
    head = await stranger.client.head(session["url"])
    assert (head.status_code, head.content) == (200, b"")
    assert (await tenant.outcome(session))["state"] == "open"
    assert (await customer.grant(session["url"])).status_code == 303


async def test_a_link_that_was_begun_belongs_to_that_browser(
    tenant: Program, customer: Person, stranger: Person
) -> None:
    session = await tenant.session()
    seen_before = await stranger.open(session["url"])
    await customer.start(session["url"])

    looked = await stranger.open(session["url"])
    pressed = await stranger.send(session["url"], {"method": "oauth", "page": "x" * 64})

    assert seen_before.status_code == 200
    assert (looked.status_code, pressed.status_code) == (403, 403)


async def test_of_two_browsers_that_press_at_once_one_begins(
    tenant: Program, customer: Person, stranger: Person
) -> None:
    session = await tenant.session()
    pages = [(who, form_of(await who.open(session["url"]))) for who in (customer, stranger)]

    answers = await asyncio.gather(
        *(who.send(session["url"], fields | {"method": "oauth"}) for who, fields in pages)
    )

    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert sorted(answer.status_code for answer in answers)[1] in (403, 410)


async def test_an_unknown_link_is_a_page(customer: Person) -> None:
    page = await customer.open("/connect/" + "a" * 32)

    assert page.status_code == 404
    assert "Diesen Link gibt es nicht" in page.text


async def test_a_form_from_elsewhere_starts_nothing(tenant: Program, customer: Person) -> None:
    session = await tenant.session()
    await customer.open(session["url"])

    pressed = await customer.send(session["url"], {"method": "oauth"})

    assert pressed.status_code == 403
    assert "Diese Seite ist veraltet" in pressed.text
    assert (await tenant.outcome(session))["state"] == "open"


async def test_a_form_of_another_session_starts_nothing(tenant: Program, customer: Person) -> None:
    first, second = await tenant.session(), await tenant.session()
    page = await customer.open(first["url"])
    token = re.findall(r'name="page" value="([^"]+)"', page.text)[0]

    pressed = await customer.send(second["url"], {"method": "oauth", "page": token})

    assert pressed.status_code == 403


async def test_without_cookies_nothing_is_started(tenant: Program, customer: Person) -> None:
    session = await tenant.session()
    customer.client.cookies.clear()

    pressed = await customer.send(session["url"], {"method": "oauth", "page": "x" * 64})

    assert pressed.status_code == 403
    assert "Cookies" in pressed.text


async def test_a_doubled_callback_makes_one_exchange_and_one_connection(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    address = await customer.consent(await customer.start((await tenant.session())["url"]))
    calls = stage.twin.twin.ledger.of("POST", "/oauth2/token")

    answers = await asyncio.gather(*(customer.open(address) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    assert len(stage.twin.twin.ledger.of("POST", "/oauth2/token")) == len(calls) + 1
    assert len(await tenant.connections()) == 1


async def test_neither_state_nor_code_nor_verifier_lies_open_in_the_database(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    session = await tenant.session()
    authorize = await customer.start(session["url"])
    state = query_of(authorize)["state"]
    async with stage.rooms.database.read() as reading:
        begun = (
            await reading.execute(select(connect_sessions).where(connect_sessions.c.id == session["id"]))
        ).one()
    address = (await customer.open(await customer.consent(authorize))).headers["location"]
    async with stage.rooms.database.read() as reading:
        done = (
            await reading.execute(select(connect_sessions).where(connect_sessions.c.id == session["id"]))
        ).one()
        codes = (await reading.execute(select(exchange_codes))).all()

    stored = repr((tuple(begun), tuple(done), codes))
    link = urlsplit(session["url"]).path.rsplit("/", 1)[1]
    secrets = (state, link, query_of(address)["code"], customer.client.cookies["kontor-connect-8080"])
    assert [secret for secret in secrets if secret in stored] == []
    assert begun.verifier_sealed is not None
    assert done.verifier_sealed is None


async def test_a_session_whose_return_url_is_gone_makes_no_connection(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    address = await customer.consent(await customer.start((await tenant.session())["url"]))
    for row in (await tenant.call("GET", "/v1/return-urls")).json()["data"]:
        await tenant.call("DELETE", f"/v1/return-urls/{row['id']}")
    revoked = len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke"))

    page = await customer.open(address)

    assert page.status_code == 409
    assert "muster-software.example" not in page.text
    assert await tenant.connections() == []
    assert len(stage.twin.twin.ledger.of("POST", "/oauth2/revoke")) == revoked + 1


async def test_the_audit_trail_tells_of_session_connection_and_exchange(
    tenant: Program, customer: Person, stage: Stage
) -> None:
    from gateway.persistence.tables import audit_events

    await tenant.exchange((await customer.grant((await tenant.session())["url"])).headers["location"])

    async with stage.rooms.database.read() as session:
        found = await session.execute(
            select(audit_events.c.action, audit_events.c.actor)
            .where(audit_events.c.tenant_id == tenant.tenant_id)
            .order_by(audit_events.c.sequence)
        )
        actions = [(action, actor.split("_")[0]) for action, actor in found]
    assert actions == [
        ("connect_session.created", "key"),
        ("connection.created", "end"),
        ("connection.exchanged", "key"),
    ]
