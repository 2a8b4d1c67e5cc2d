"""The browser legs of the code flow, without a browser."""

from typing import Any

import msgspec
import pytest

from connectors.base.connector import Hosts, OAuth
from gateway.ambient import system
from gateway.onboarding.authorization import Callback, authorize_address, check_issuer, read_callback
from gateway.onboarding.refusals import IssuerMismatch
from tests.integration.onboarding.people import query_of

HOSTS = Hosts(api="https://api.example", app="https://app.example", authorization="https://auth.example")
SERVER = OAuth(
    authorize_path="/authorize", token_path="/token", revoke_path=None, scopes=("a.read", "b.write")
)
STATE = "s" * 32


def address(oauth: OAuth = SERVER, **changes: Any) -> str:
    values: dict[str, Any] = {
        "client_id": "muster",
        "scopes": (),
        "redirect_uri": "https://kontor.example/auth/callback/x",
        "state": STATE,
        "verifier": "v" * 64,
        "label": None,
    }
    return authorize_address(oauth, HOSTS, **(values | changes))


def test_the_challenge_is_that_of_the_vendors_own_example() -> None:
    """Test vector of the partner documentation."""
    verifier = (
        "oJdaNUDOIK3xpqlkZ79Sa3dLWst2rF5F8EXQVrqWfzckNOPBC67SzNffeTTb54jS"
        "pfuSAnawxLgddxbIqXh4APOrKYqhI8W5fXtIytVSgjLlrnMn0AUB5h2O6VD1sTDJ"
    )

    asked = query_of(address(verifier=verifier))

    assert asked["code_challenge"] == "9s_XWOy5h9KO8CQCqzRKr3WEntoEJepUZS9d1IYh_uo"
    assert asked["code_challenge_method"] == "S256"


def test_the_verifier_is_not_in_the_address() -> None:
    assert "v" * 64 not in address()


def test_the_connectors_scopes_stand_in_for_none() -> None:
    assert query_of(address())["scope"] == "a.read b.write"
    assert query_of(address(scopes=("c.read",)))["scope"] == "c.read"


def test_a_vendor_without_a_label_is_sent_none() -> None:
    assert set(query_of(address(label="Muster"))) == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    }


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Muster Handel GmbH", "Muster Handel GmbH"),
        ("Müller & Söhne <b>", "Müller  Söhne b"),
        ("&state=x#", "state=x"),
        ("<>&", None),
        ("  ", None),
    ],
)
def test_labels_lose_what_the_vendor_does_not_take(label: str, shown: str | None) -> None:
    oauth = msgspec.structs.replace(SERVER, label_parameter="connection_name")

    assert query_of(address(oauth, label=label)).get("connection_name") == shown


def test_foreign_parameters_of_a_callback_are_ignored() -> None:
    read = read_callback(f"state={STATE}&code=abc&session_state=1&scope=a".encode())

    assert read == Callback(state=STATE, code="abc", error=None, issuer=None)


@pytest.mark.parametrize("issuer", ["https://auth.example", "https://auth.example/", None])
def test_the_own_issuer_passes(issuer: str | None) -> None:
    check_issuer(Callback(state=STATE, code="abc", error=None, issuer=issuer), HOSTS)


@pytest.mark.parametrize(
    "issuer",
    ["", "https://evil.example", "https://auth.example.evil.example", "http://auth.example", "auth.example"],
)
def test_a_foreign_issuer_does_not(issuer: str) -> None:
    with pytest.raises(IssuerMismatch):
        check_issuer(Callback(state=STATE, code="abc", error=None, issuer=issuer), HOSTS)


def test_a_callback_does_not_print_its_secrets() -> None:
    assert "abc" not in repr(Callback(state=STATE, code="abc", error=None, issuer=None))


def test_states_and_verifiers_do_not_repeat() -> None:
    """SEC-12, on the source that both are drawn from."""
    randomness = system().randomness

    assert len({randomness.token(48) for _ in range(10_000)}) == 10_000
