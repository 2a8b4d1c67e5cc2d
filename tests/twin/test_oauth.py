"""The OAuth server: who may come back where, codes that work once, tokens that rotate."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jws

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.state import Client, Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Reply, Request
from tests.twin.conftest import Api

VERIFIER = (
    "oJdaNUDOIK3xpqlkZ79Sa3dLWst2rF5F8EXQVrqWfzckNOPBC67SzNffeTTb54jSpfuSAnawxLgddxbIqXh4APOrKYqhI8W5fXtIytVSgjLlrnMn"
    "0AUB5h2O6VD1sTDJ"
)
CHALLENGE = "9s_XWOy5h9KO8CQCqzRKr3WEntoEJepUZS9d1IYh_uo"
RETURN = "https://partner.example/callback"


@pytest.fixture
def client(twin: Twin) -> Client:
    return twin.register_client(
        Client(id="partner", secret="geheim:+ä", name="Warenwirtschaft", redirect_uris=[RETURN])
    )


class Partner:
    """A partner's side of the flow, and the hand of the person who consents."""

    def __init__(self, twin: Twin, organization: Organization) -> None:
        self.twin = twin
        self.organization = organization
        self.secret = "geheim:+ä"

    def parameters(self, **changes: str | None) -> dict[str, str]:
        asked = {
            "client_id": "partner",
            "redirect_uri": RETURN,
            "response_type": "code",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "zustand/+?",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def authorize(self, **changes: str | None) -> Reply:
        return self.twin.handle(
            Request("GET", "/oauth2/authorize", tuple(self.parameters(**changes).items()))
        ).reply

    def decide(self, decision: str = "allow", **changes: str | None) -> dict[str, str]:
        """The parameters with which the browser comes back."""
        form = {**self.parameters(**changes), "organization": self.organization.id, "decision": decision}
        reply = self._form("/oauth2/authorize", form)
        assert reply.status == 302, reply.body
        return dict(parse_qsl(urlsplit(reply.header("location") or "").query))

    def code(self, **changes: str | None) -> str:
        return self.decide("allow", **changes)["code"]

    def token(self, **form: str) -> Reply:
        return self._form("/oauth2/token", form, basic=True)

    def redeem(self, value: str, **changes: str) -> Reply:
        form = {
            "grant_type": "authorization_code",
            "code": value,
            "redirect_uri": RETURN,
            "code_verifier": VERIFIER,
        }
        return self.token(**{**form, **changes})

    def refresh(self, token: str) -> Reply:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def revoke(self, token: str) -> Reply:
        return self._form("/oauth2/revoke", {"token": token}, basic=True)

    def connect(self, **changes: str | None) -> dict[str, Any]:
        reply = self.redeem(self.code(**changes))
        assert reply.status == 200, reply.body
        return reply.json()

    def api(self, tokens: dict[str, Any]) -> Api:
        return Api(self.twin, tokens["access_token"])

    def _form(self, path: str, form: dict[str, str], basic: bool = False) -> Reply:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if basic:
            pair = f"partner:{self.secret}".encode()
            headers["authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return self.twin.handle(Request("POST", path, (), headers, urlencode(form).encode())).reply


@pytest.fixture
def partner(twin: Twin, company: Organization, client: Client) -> Partner:
    return Partner(twin, company)


def error(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json()["error"]


class TestAuthorize:
    def test_the_page_names_application_connection_rights_and_companies(self, partner: Partner) -> None:
        reply = partner.authorize(scope="invoices.read invoices.write", connection_name="Lager (Süd)")

        page = reply.body.decode()
        assert reply.status == 200
        for text in ("Warenwirtschaft", "Lager (Süd)", "Rechnungen", "ansehen, anlegen und ändern",
                     "Werkstatt Lindner e.K.", "Zugriff erlauben", "Ablehnen"):  # fmt: skip
            assert text in page

    def test_what_the_request_holds_is_escaped_on_the_page(self, partner: Partner) -> None:
        page = partner.authorize(state='"><script>').body

        assert b"<script>" not in page

    def test_consent_comes_back_with_a_code_of_128_signs_and_the_state(self, partner: Partner) -> None:
        back = partner.decide()

        assert len(back["code"]) == 128
        assert back["state"] == "zustand/+?"

    def test_refusal_comes_back_as_access_denied(self, partner: Partner) -> None:
        back = partner.decide("deny")

        assert (back["error"], back["state"]) == ("access_denied", "zustand/+?")
        assert "code" not in back

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_id": "unknown"},
            {"client_id": None},
            {"redirect_uri": None},
            {"redirect_uri": RETURN + "/"},
            {"redirect_uri": RETURN + "?x=1"},
            {"redirect_uri": "http://partner.example/callback"},
            {"redirect_uri": "http://127.0.0.1:8090/auth/callback/lexoffice"},
        ],
    )
    def test_without_a_known_way_back_there_is_only_a_page_400(self, partner: Partner, changes: Any) -> None:
        reply = partner.authorize(**changes)

        assert (reply.status, reply.header("location")) == (400, None)

    @pytest.mark.parametrize("name", ["redirect_uri", "state", "scope"])
    def test_a_parameter_given_twice_is_refused(self, partner: Partner, name: str) -> None:
        query = (*partner.parameters(scope="profile.read").items(), (name, "https://evil.example"))

        reply = partner.twin.handle(Request("GET", "/oauth2/authorize", query)).reply

        assert (reply.status, reply.header("location")) == (400, None)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge": "kurz"}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"scope": "invoices.read everything"}, "invalid_scope"),
            ({"connection_name": "<b>"}, "invalid_request"),
        ],
    )
    def test_other_errors_are_sent_back(self, partner: Partner, changes: Any, code: str) -> None:
        reply = partner.authorize(**changes)

        back = dict(parse_qsl(urlsplit(reply.header("location") or "").query))
        assert (reply.status, back["error"], back["state"]) == (302, code, "zustand/+?")

    def test_a_client_may_be_freed_from_pkce(self, partner: Partner, client: Client) -> None:
        client.pkce = False

        code = partner.code(code_challenge=None, code_challenge_method=None)

        assert partner.redeem(code, code_verifier="").status == 200

    @pytest.mark.parametrize("name", ["Lager (Süd)", "Größe: Ä/Ö/Ü?", 'A "B" _{c}\\d=1,2-3.', "x"])
    def test_a_connection_s_name_may_hold_the_documented_signs(self, partner: Partner, name: str) -> None:
        assert partner.authorize(connection_name=name).status == 200

    @pytest.mark.parametrize("name", ["a;b", "a&b", "a@b", "a+b", "é", "a\nb", "<b>", "a'b"])
    def test_and_no_others(self, partner: Partner, name: str) -> None:
        reply = partner.authorize(connection_name=name)

        assert "error=invalid_request" in (reply.header("location") or "")

    def test_the_connection_bears_the_name_it_was_given_else_the_client_s(self, partner: Partner) -> None:
        named, unnamed = partner.connect(connection_name="Lager (Süd)"), partner.connect()

        names = [partner.twin.connection_of(tokens["access_token"]).name for tokens in (named, unnamed)]
        assert names == ["Lager (Süd)", "Warenwirtschaft"]

    def test_the_page_is_german_and_lists_only_what_is_asked_for(self, partner: Partner) -> None:
        page = partner.authorize(scope="vouchers.sendmail").body.decode()

        assert '<html lang="de">' in page
        assert "per E-Mail versenden" in page
        assert "Kontakte" not in page

    def test_a_client_asks_for_no_more_than_it_has(self, partner: Partner, client: Client) -> None:
        client.scopes = ["profile.read"]

        assert "error=invalid_scope" in (partner.authorize(scope="contacts.read").header("location") or "")
        assert partner.connect()["scope"] == "profile.read"

    def test_a_development_client_may_return_to_any_port_of_this_machine(
        self, partner: Partner, client: Client
    ) -> None:
        client.any_loopback_redirect = True

        assert partner.authorize(redirect_uri="http://127.0.0.1:41234/auth/callback/x").status == 200
        assert partner.authorize(redirect_uri="http://127.0.0.1.evil.example/").status == 400
        assert partner.authorize(redirect_uri="http://127.0.0.1@evil.example/").status == 400


class TestToken:
    def test_a_code_becomes_tokens_as_printed_in_the_documentation(self, partner: Partner) -> None:
        reply = partner.redeem(partner.code(scope="invoices.read profile.read"))

        body = reply.json()
        assert list(body) == ["access_token", "token_type", "expires_in", "refresh_token", "scope"]
        assert (body["token_type"], body["expires_in"], len(body["refresh_token"])) == ("Bearer", 14399, 128)
        assert body["scope"] == "invoices.read profile.read"
        assert reply.header("cache-control") == "no-store"

    def test_the_access_token_is_a_jwt_naming_the_company(self, partner: Partner) -> None:
        token = partner.connect()["access_token"]

        parts = jws.extract_compact(token.encode())
        claims = jsontext.decode(parts.payload)
        assert parts.headers()["alg"] == "HS512"
        assert (claims["organizationId"], claims["apiClientId"]) == (partner.organization.id, "partner")
        assert claims["exp"] - claims["iat"] == 14399
        assert len(token) <= 4096

    def test_it_opens_the_api_within_its_scopes(self, partner: Partner) -> None:
        api = partner.api(partner.connect(scope="profile.read"))

        assert (api.get("profile").status, api.get("contacts").status) == (200, 403)

    def test_without_scopes_all_of_the_client_s_are_granted(self, partner: Partner, client: Client) -> None:
        assert set(partner.connect()["scope"].split()) == set(client.scopes)

    def test_the_profile_names_the_connection(self, partner: Partner) -> None:
        tokens = partner.connect()

        profile = partner.api(tokens).read("profile")

        assert profile["connectionId"] == partner.twin.connection_of(tokens["refresh_token"]).id

    @pytest.mark.parametrize(
        "changes",
        [
            {"code": "wrong"},
            {"redirect_uri": RETURN + "/x"},
            {"code_verifier": "x" * 43},
            {"code_verifier": ""},
        ],
    )
    def test_what_does_not_match_is_invalid_grant(self, partner: Partner, changes: dict[str, str]) -> None:
        assert error(partner.redeem(partner.code(), **changes)) == (400, "invalid_grant")

    def test_an_error_consumes_the_code(self, partner: Partner) -> None:
        code = partner.code()
        partner.redeem(code, code_verifier="x" * 43)

        assert error(partner.redeem(code)) == (400, "invalid_grant")

    @pytest.mark.parametrize("change", [{"grant_type": "password"}, {"grant_type": ""}])
    def test_so_does_an_error_about_the_grant(self, partner: Partner, change: dict[str, str]) -> None:
        code = partner.code()
        partner.redeem(code, **change)

        assert error(partner.redeem(code)) == (400, "invalid_grant")

    def test_so_does_a_wrong_secret_which_ends_no_connection(self, partner: Partner) -> None:
        used, fresh = partner.code(), partner.code()
        tokens = partner.redeem(used).json()
        partner.secret = "falsch"
        refused = [error(partner.redeem(code)) for code in (used, fresh)]
        partner.secret = "geheim:+ä"

        assert refused == [(400, "invalid_client")] * 2
        assert partner.api(tokens).get("profile").status == 200
        assert error(partner.redeem(fresh)) == (400, "invalid_grant")

    def test_a_code_lives_five_minutes(self, partner: Partner) -> None:
        good, late = partner.code(), partner.code()
        partner.twin.advance(299.999)
        in_time = partner.redeem(good).status
        partner.twin.advance(0.001)

        assert in_time == 200
        assert error(partner.redeem(late)) == (400, "invalid_grant")

    def test_a_code_used_again_ends_the_connection_it_made(self, partner: Partner) -> None:
        code = partner.code()
        tokens = partner.redeem(code).json()

        again = partner.redeem(code)

        assert error(again) == (400, "invalid_grant")
        assert partner.api(tokens).get("profile").status == 401
        assert error(partner.refresh(tokens["refresh_token"])) == (400, "invalid_grant")

    def test_a_wrong_secret_is_invalid_client(self, partner: Partner) -> None:
        partner.secret = "falsch"

        assert error(partner.redeem("x")) == (400, "invalid_client")

    def test_a_deactivated_client_is_unauthorized(self, partner: Partner, client: Client) -> None:
        tokens = partner.connect()
        client.active = False

        assert error(partner.refresh(tokens["refresh_token"])) == (400, "unauthorized_client")
        assert partner.api(tokens).get("profile").status == 401

    @pytest.mark.parametrize(
        ("form", "code"), [({}, "invalid_request"), ({"grant_type": "password"}, "unsupported_grant_type")]
    )
    def test_other_grants_are_not_offered(self, partner: Partner, form: dict[str, str], code: str) -> None:
        assert error(partner.token(**form)) == (400, code)

    def test_the_documented_pkce_vector_holds(self) -> None:
        digest = hashlib.sha256(VERIFIER.encode()).digest()

        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == CHALLENGE


class TestRefresh:
    def test_both_tokens_are_new_and_the_former_ones_dead(self, partner: Partner) -> None:
        first = partner.connect()
        second = partner.refresh(first["refresh_token"]).json()

        assert second["refresh_token"] != first["refresh_token"]
        assert partner.api(first).get("profile").status == 401
        assert partner.api(second).get("profile").status == 200

    def test_the_connection_stays_the_same(self, partner: Partner) -> None:
        first = partner.connect()
        before = partner.api(first).read("profile")["connectionId"]
        second = partner.refresh(first["refresh_token"]).json()

        assert partner.api(second).read("profile")["connectionId"] == before

    def test_the_second_of_two_refreshes_with_one_token_fails(self, partner: Partner) -> None:
        token = partner.connect()["refresh_token"]

        assert partner.refresh(token).status == 200
        assert error(partner.refresh(token)) == (400, "invalid_grant")

    def test_a_token_refreshed_with_twice_takes_the_connection_along(self, partner: Partner) -> None:
        first = partner.connect()
        second = partner.refresh(first["refresh_token"]).json()
        partner.refresh(first["refresh_token"])

        assert partner.api(second).get("profile").status == 401
        assert error(partner.refresh(second["refresh_token"])) == (400, "invalid_grant")
        assert [event.type for event in partner.twin.events] == ["token.revoked"]

    def test_the_connection_may_be_spared(self, partner: Partner) -> None:
        partner.twin.quirks.reused_refresh_ends_connection = False
        first = partner.connect()
        second = partner.refresh(first["refresh_token"]).json()
        partner.refresh(first["refresh_token"])

        assert partner.refresh(second["refresh_token"]).status == 200

    def test_a_grace_may_be_configured(self, partner: Partner) -> None:
        partner.twin.quirks.refresh_grace_s = 10
        token = partner.connect()["refresh_token"]
        first = partner.refresh(token).json()
        partner.twin.advance(9)
        second = partner.refresh(token).json()
        partner.twin.advance(1)

        assert second["refresh_token"] == first["refresh_token"]
        assert error(partner.refresh(token)) == (400, "invalid_grant")

    def test_an_access_token_ends_after_14399_seconds(self, partner: Partner) -> None:
        api = partner.api(partner.connect())
        partner.twin.advance(14398)
        before = api.get("profile").status
        partner.twin.advance(1)

        assert (before, api.get("profile").status) == (200, 401)

    def test_an_access_token_may_die_early_while_the_refresh_token_lives(self, partner: Partner) -> None:
        tokens = partner.connect()
        partner.twin.end_access(partner.twin.connection_of(tokens["access_token"]).id)

        assert partner.api(tokens).get("profile").status == 401
        assert partner.refresh(tokens["refresh_token"]).status == 200

    def test_another_client_cannot_use_it(self, partner: Partner, twin: Twin) -> None:
        token = partner.connect()["refresh_token"]
        other = twin.register_client(Client(id="other", secret="x", name="Andere"))

        headers = {"authorization": f"Basic {base64.b64encode(b'other:x').decode()}"}
        form = urlencode({"grant_type": "refresh_token", "refresh_token": token}).encode()
        reply = twin.handle(Request("POST", "/oauth2/token", (), headers, form)).reply

        assert other.active
        assert error(reply) == (400, "invalid_grant")


class TestRevoke:
    def test_the_refresh_token_takes_the_access_token_along(self, partner: Partner) -> None:
        tokens = partner.connect()

        reply = partner.revoke(tokens["refresh_token"])

        assert reply.status == 200
        assert partner.api(tokens).get("profile").status == 401
        assert error(partner.refresh(tokens["refresh_token"])) == (400, "invalid_grant")

    def test_it_fires_token_revoked_with_the_connection_s_id(self, partner: Partner) -> None:
        tokens = partner.connect()
        connection = partner.api(tokens).read("profile")["connectionId"]

        partner.revoke(tokens["refresh_token"])

        assert [(e.type, e.resource_id) for e in partner.twin.events] == [("token.revoked", connection)]

    def test_a_rotated_token_revokes_nothing(self, partner: Partner) -> None:
        first = partner.connect()
        second = partner.refresh(first["refresh_token"]).json()

        assert partner.revoke(first["refresh_token"]).status == 200
        assert partner.api(second).get("profile").status == 200

    def test_an_access_token_ends_alone(self, partner: Partner) -> None:
        tokens = partner.connect()
        partner.revoke(tokens["access_token"])

        assert partner.api(tokens).get("profile").status == 401
        assert partner.refresh(tokens["refresh_token"]).status == 200

    def test_needs_the_client_s_secret(self, partner: Partner) -> None:
        tokens = partner.connect()
        partner.secret = "falsch"

        assert error(partner.revoke(tokens["refresh_token"])) == (400, "invalid_client")
        assert partner.api(tokens).get("profile").status == 200

    def test_an_unknown_token_is_no_error(self, partner: Partner) -> None:
        assert partner.revoke("unbekannt").status == 200

    def test_the_user_may_do_it_in_the_app(self, partner: Partner) -> None:
        tokens = partner.connect()

        partner.twin.revoke(partner.twin.connection_of(tokens["refresh_token"]).id)

        assert error(partner.refresh(tokens["refresh_token"])) == (400, "invalid_grant")

    def test_a_new_connection_can_be_made_any_time(self, partner: Partner) -> None:
        partner.revoke(partner.connect()["refresh_token"])

        assert partner.api(partner.connect()).get("profile").status == 200


def test_the_api_s_bucket_is_not_touched_by_the_auth_server(partner: Partner) -> None:
    partner.twin.rate_limit(True)

    assert [partner.redeem(partner.code()).status for _ in range(5)] == [200] * 5


def test_codes_expire_by_the_twin_s_clock_alone(partner: Partner) -> None:
    code = partner.code()
    partner.twin.advance(timedelta(minutes=5))

    assert partner.redeem(code).status == 400


class TestThrottle:
    @pytest.fixture(autouse=True)
    def limited(self, twin: Twin) -> None:
        twin.quirks.auth_rate_limit = True

    def test_who_hammers_is_blocked(self, partner: Partner) -> None:
        assert [partner.refresh("x").status for _ in range(11)] == [400] * 10 + [429]

    def test_another_secret_is_no_way_around(self, partner: Partner) -> None:
        statuses = []
        for n in range(11):
            partner.secret = str(n)
            statuses.append(partner.refresh("x").status)

        assert statuses == [400] * 10 + [429]

    def test_another_client_is_not_blocked(self, partner: Partner, twin: Twin) -> None:
        for _ in range(11):
            partner.refresh("x")
        headers = {"authorization": f"Basic {base64.b64encode(b'other:x').decode()}"}

        assert twin.handle(Request("POST", "/oauth2/token", (), headers)).reply.status == 400

    def test_a_block_ends_for_those_who_wait(self, partner: Partner) -> None:
        for _ in range(11):
            partner.refresh("x")
        partner.twin.advance(10)

        assert partner.refresh("x").status == 400

    def test_it_grows_for_those_who_do_not(self, partner: Partner) -> None:
        for _ in range(12):
            partner.refresh("x")
        partner.twin.advance(6)  # the first block was 5 s, the second is 10 s
        during = partner.refresh("x").status
        partner.twin.advance(20)

        assert (during, partner.refresh("x").status) == (429, 400)

    def test_in_the_end_it_is_for_good(self, partner: Partner) -> None:
        for _ in range(30):
            partner.refresh("x")
        partner.twin.advance(timedelta(days=365))

        assert partner.refresh("x").status == 429
