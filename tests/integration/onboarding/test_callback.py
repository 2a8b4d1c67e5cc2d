"""SEC-11, SEC-14: everything that must not become a connection when a browser comes back from the vendor."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import httpx2
import msgspec
import pytest

from sandbox.lexoffice.state import Client
from tests.integration.onboarding.people import (
    CALLBACK,
    RETURN_URL,
    Person,
    Program,
    ShiftedClock,
    person,
    program,
    query_of,
)
from tests.stage import Stage

pytestmark = pytest.mark.anyio


class Scene(msgspec.Struct, kw_only=True):
    """A session that an end customer has begun, up to the vendor's page."""

    stage: Stage
    clock: ShiftedClock
    tenant: Program
    customer: Person
    session: dict[str, str]
    authorize: str
    state: str
    before: tuple[int, int] = (0, 0)

    async def code(self) -> str:
        """A code that the vendor gave for this very attempt."""
        return query_of(await self.customer.consent(self.authorize))["code"]

    async def back(
        self, path: str = CALLBACK, query: str | None = None, **parameters: str
    ) -> httpx2.Response:
        """The callback in the customer's browser; programs get a problem instead of a page."""
        await self.count()
        target = f"{path}?{urlencode(parameters) if query is None else query}"
        return await self.customer.open(target, headers={"accept": "application/json"})

    async def count(self) -> None:
        """Remember what there was before the call that matters."""
        self.before = await self.made()

    async def made(self) -> tuple[int, int]:
        """Connections of the tenant, and calls of the vendor's token endpoint."""
        calls = self.stage.twin.twin.ledger.of("POST", "/oauth2/token")
        return len(await self.tenant.connections()), len(calls)


@pytest.fixture
async def scene(stage: Stage, clock: ShiftedClock, tenant: Program, customer: Person) -> Scene:
    session = await tenant.session()
    authorize = await customer.start(session["url"])
    return Scene(
        stage=stage,
        clock=clock,
        tenant=tenant,
        customer=customer,
        session=session,
        authorize=authorize,
        state=query_of(authorize)["state"],
    )


async def another_state(scene: Scene) -> str:
    """The state of a session of another tenant, begun in another browser."""
    other = await program(scene.stage, name="Andere Software GmbH")
    async with person(scene.stage) as somebody:
        return query_of(await somebody.start((await other.session())["url"]))["state"]


async def live_state(scene: Scene) -> str:
    """The state of a session of the same tenant's production environment, begun in the same browser."""
    live = await program(
        scene.stage, tenant_id=scene.tenant.tenant_id, environment="live", target="lexoffice"
    )
    session = await live.session(target="lexoffice")
    return query_of(await scene.customer.start(session["url"]))["state"]


async def foreign_code(scene: Scene) -> str:
    """A code that the vendor gave to another client of its own."""
    redirect_uri = query_of(scene.authorize)["redirect_uri"]
    scene.stage.twin.twin.register_client(
        Client(id="andere", secret="geheim", name="Andere", redirect_uris=[redirect_uri])
    )
    address = scene.authorize.replace(query_of(scene.authorize)["client_id"], "andere")
    return query_of(await scene.customer.consent(address))["code"]


async def attackers_code(scene: Scene) -> str:
    """A code for the books of an attacker, granted in the attacker's own attempt."""
    async with person(scene.stage) as attacker:
        address = await attacker.start((await scene.tenant.session())["url"])
        return query_of(await attacker.consent(address, company=1))["code"]


async def used_code(scene: Scene) -> str:
    """A code that has connected once already."""
    async with person(scene.stage) as somebody:
        address = await somebody.start((await scene.tenant.session())["url"])
        back = await somebody.consent(address)
        assert (await somebody.open(back)).status_code == 303
        return query_of(back)["code"]


async def late_code(scene: Scene) -> str:
    """A code older than the vendor's five minutes."""
    code = await scene.code()
    scene.stage.twin.twin.advance(301)
    return code


async def older_code(scene: Scene) -> str:
    """The code of an earlier start in the same browser; its own attempt was replaced by another start."""
    code = await scene.code()
    scene.state = query_of(await scene.customer.start(scene.session["url"]))["state"]
    return code


async def replaced_state(scene: Scene) -> str:
    await scene.customer.start(scene.session["url"])
    return scene.state


async def expire(scene: Scene) -> str:
    scene.clock.ahead_s = 601
    return scene.state


async def without_partner_app(scene: Scene) -> str:
    rooms = scene.stage.rooms
    async with rooms.database.write() as session:
        await rooms.partner_apps.remove(session, scene.tenant.tenant_id, "lexoffice-sandbox")
    return scene.state


Made = Callable[[Scene], Awaitable[httpx2.Response]]
CASES: dict[str, tuple[Made, int, str]] = {}
TOKEN_CALLS = {"code_refused": 1}
"""Refusals that the vendor's token endpoint gives; all others are found before it is asked."""


def case(status: int, code: str) -> Callable[[Made], Made]:
    def add(made: Made) -> Made:
        CASES[made.__name__.replace("_", " ")] = (made, status, code)
        return made

    return add


def simple(name: str, status: int, code: str, query: str) -> None:
    """A case that is just a query; `{state}` stands for the valid state."""

    async def made(scene: Scene) -> httpx2.Response:
        return await scene.back(query=query.replace("{state}", scene.state))

    CASES[name] = (made, status, code)


LONG = "x" * 8192
MARKUP = "%3Cscript%3Ealert(1)%3C/script%3E"
for _name, _status, _code, _query in (
    ("nothing at all", 400, "callback_malformed", ""),
    ("no state", 400, "callback_malformed", "code=abc"),
    ("an empty state", 400, "callback_malformed", "code=abc&state="),
    ("a state with markup", 400, "callback_malformed", "code=abc&state=%3Cscript%3E"),
    ("a state of 8 KB", 400, "callback_malformed", f"code=abc&state={LONG}"),
    ("a code of 8 KB", 400, "callback_malformed", "code=" + LONG + "&state={state}"),
    ("a foreign parameter of 8 KB", 400, "callback_malformed", "code=abc&state={state}&x=" + LONG),
    ("neither code nor error", 400, "callback_malformed", "state={state}"),
    ("an empty code", 400, "callback_malformed", "state={state}&code="),
    ("code and error", 400, "callback_malformed", "state={state}&code=abc&error=access_denied"),
    ("a doubled state", 400, "callback_malformed", "state={state}&code=abc&state={state}"),
    ("two different states", 400, "callback_malformed", "state=" + "a" * 32 + "&code=abc&state={state}"),
    ("a doubled code", 400, "callback_malformed", "state={state}&code=abc&code=def"),
    ("a doubled error", 400, "callback_malformed", "state={state}&error=access_denied&error=other"),
    ("a code with a line break", 400, "callback_malformed", "state={state}&code=abc%0D%0Ax"),
    ("a code with U+0000", 400, "callback_malformed", "state={state}&code=abc%00"),
    ("a query that is not UTF-8", 400, "callback_malformed", "state={state}&code=%FF%FE"),
    ("an unknown state", 400, "state_unknown", "state=" + "a" * 32 + "&code=abc"),
    ("denied consent", 403, "access_denied", "state={state}&error=access_denied"),
    ("an unknown error", 502, "authorization_failed", "state={state}&error=vendor_whim"),
    ("an empty error", 502, "authorization_failed", "state={state}&error="),
    (
        "an error with markup",
        502,
        "authorization_failed",
        "state={state}&error=%3Cscript%3Ealert(1)%3C/script%3E",
    ),
    ("an error of the server", 502, "authorization_failed", "state={state}&error=server_error"),
    ("a server that is busy", 503, "upstream_unreachable", "state={state}&error=temporarily_unavailable"),
    ("a scope the client may not ask for", 502, "partner_app_refused", "state={state}&error=invalid_scope"),
    ("a foreign issuer", 400, "issuer_mismatch", "state={state}&code=abc&iss=https%3A%2F%2Fevil.example"),
    ("an empty issuer", 400, "issuer_mismatch", "state={state}&code=abc&iss="),
    ("a code that never was", 502, "code_refused", "state={state}&code=abc"),
):
    simple(_name, _status, _code, _query)


@case(400, "state_unknown")
async def a_tampered_state(scene: Scene) -> httpx2.Response:
    last = "A" if scene.state[-1] != "A" else "B"
    return await scene.back(state=scene.state[:-1] + last, code=await scene.code())


@case(400, "state_unknown")
async def the_state_of_an_earlier_start(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    return await scene.back(state=await replaced_state(scene), code=code)


@case(410, "attempt_expired")
async def an_expired_state(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    return await scene.back(state=await expire(scene), code=code)


@case(403, "browser_mismatch")
async def a_state_of_another_tenant(scene: Scene) -> httpx2.Response:
    return await scene.back(state=await another_state(scene), code=await scene.code())


@case(400, "wrong_target")
async def a_state_of_another_environment(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    return await scene.back(state=await live_state(scene), code=code)


@case(400, "wrong_target")
async def the_callback_of_another_target(scene: Scene) -> httpx2.Response:
    return await scene.back("/auth/callback/lexoffice", state=scene.state, code=await scene.code())


@case(400, "wrong_target")
async def the_callback_of_no_target(scene: Scene) -> httpx2.Response:
    return await scene.back("/auth/callback/nirgends", state=scene.state, code=await scene.code())


@case(400, "wrong_target")
async def a_callback_under_an_alias(scene: Scene) -> httpx2.Response:
    return await scene.back(
        "/auth/callback/lexware-office-sandbox", state=scene.state, code=await scene.code()
    )


@case(403, "browser_mismatch")
async def another_browser(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    async with person(scene.stage) as somebody:
        await somebody.press((await scene.tenant.session())["url"])  # it has a cookie, but its own
        scene.customer = somebody
        return await scene.back(state=scene.state, code=code)


@case(403, "browser_mismatch")
async def a_browser_without_cookies(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    async with person(scene.stage) as somebody:
        scene.customer = somebody
        return await scene.back(state=scene.state, code=code)


@case(409, "state_used")
async def a_replayed_callback(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    assert (await scene.back(state=scene.state, code=code)).status_code == 303
    return await scene.back(state=scene.state, code=code)


@case(409, "state_used")
async def a_code_after_denied_consent(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    assert (await scene.back(state=scene.state, error="access_denied")).status_code == 403
    return await scene.back(state=scene.state, code=code)


@case(502, "code_refused")
async def a_code_of_another_client(scene: Scene) -> httpx2.Response:
    return await scene.back(state=scene.state, code=await foreign_code(scene))


@case(502, "code_refused")
async def an_attackers_code_in_the_victims_session(scene: Scene) -> httpx2.Response:
    """PKCE: the code belongs to the attacker's verifier, the session to the victim's."""
    return await scene.back(state=scene.state, code=await attackers_code(scene))


@case(502, "code_refused")
async def the_code_of_an_earlier_start(scene: Scene) -> httpx2.Response:
    code = await older_code(scene)
    return await scene.back(state=scene.state, code=code)


@case(502, "code_refused")
async def a_code_used_before(scene: Scene) -> httpx2.Response:
    return await scene.back(state=scene.state, code=await used_code(scene))


@case(502, "code_refused")
async def a_code_older_than_five_minutes(scene: Scene) -> httpx2.Response:
    return await scene.back(state=scene.state, code=await late_code(scene))


@case(409, "partner_app_missing")
async def a_partner_app_removed_meanwhile(scene: Scene) -> httpx2.Response:
    code = await scene.code()
    return await scene.back(state=await without_partner_app(scene), code=code)


@case(405, "method_not_allowed")
async def a_callback_by_post(scene: Scene) -> httpx2.Response:
    await scene.count()
    return await scene.customer.client.post(f"{CALLBACK}?state={scene.state}&code={await scene.code()}")


@pytest.mark.parametrize("name", sorted(CASES))
async def test_no_connection_is_made(scene: Scene, name: str) -> None:
    made, status, code = CASES[name]

    answer = await made(scene)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["requestId"] == answer.headers["request-id"]
    assert "location" not in answer.headers
    connections, token_calls = scene.before
    assert await scene.made() == (connections, token_calls + TOKEN_CALLS.get(code, 0))


def test_the_table_has_the_thirty_cases_that_are_asked_for() -> None:
    assert len(CASES) >= 30


async def test_a_look_without_the_cookie_uses_nothing_up(scene: Scene, stranger: Person) -> None:
    back = await scene.customer.consent(scene.authorize)

    looked = await stranger.open(back)
    came = await scene.customer.open(back)

    assert looked.status_code == 403
    assert came.status_code == 303


async def test_head_uses_nothing_up(scene: Scene) -> None:
    back = await scene.customer.consent(scene.authorize)

    head = await scene.customer.client.head(back)
    came = await scene.customer.open(back)

    assert head.status_code == 405
    assert came.status_code == 303


async def test_an_unreadable_callback_uses_nothing_up(scene: Scene) -> None:
    back = await scene.customer.consent(scene.authorize)

    assert (await scene.customer.open(back + "&code=andere")).status_code == 400

    assert (await scene.customer.open(back)).status_code == 303


async def test_denied_consent_is_told_to_the_program(scene: Scene) -> None:
    await scene.customer.open(await scene.customer.consent(scene.authorize, allow=False))

    outcome = await scene.tenant.outcome(scene.session)

    assert (outcome["state"], outcome["problem"]) == ("failed", "access_denied")


async def test_denied_consent_shows_a_page_with_the_way_back(scene: Scene) -> None:
    page = await scene.customer.open(await scene.customer.consent(scene.authorize, allow=False))

    assert page.status_code == 403
    assert "Sie haben den Zugriff abgelehnt" in page.text
    assert f"{RETURN_URL.split('?')[0]}?via=kontor&amp;error=access_denied&amp;connectSession=" in page.text


async def test_markup_in_an_error_reaches_no_page(scene: Scene) -> None:
    page = await scene.customer.open(f"{CALLBACK}?state={scene.state}&error={MARKUP}")

    assert page.status_code == 502
    assert "alert(1)" not in page.text
