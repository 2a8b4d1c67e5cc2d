"""SEC-25: what a URL may look like, and where it may lead."""

import pytest

from gateway.webhooks.outbound.addresses import Allowed, Misfit, allowed_by, check_all, place_of
from tests.unit.webhooks.spellings import BLOCKED_ADDRESSES, SPELLINGS

PUBLIC = "93.184.216.34"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.muster.example/kontor",
        "https://hooks.muster.example:443/kontor?a=b%20c",
        "https://hooks.muster.example:8443",
        "HTTPS://hooks.muster.example/".replace("HTTPS", "https"),
        "https://xn--mnchen-3ya.example/",
        "https://a_b.muster.example/",
        f"https://{PUBLIC}/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    ],
)
def test_a_plainly_spelled_public_place_is_taken(url: str) -> None:
    place = place_of(url, Allowed())

    assert place.scheme == "https"
    assert place.port in (443, 8443)


def test_there_are_spellings_enough() -> None:
    print(f"{len(SPELLINGS)} spellings, {len(BLOCKED_ADDRESSES)} addresses")
    assert len(set(SPELLINGS)) == len(SPELLINGS)
    assert len(SPELLINGS) >= 120


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_leads_inside(url: str) -> None:
    with pytest.raises(Misfit):
        place_of(url, Allowed())


@pytest.mark.parametrize("address", BLOCKED_ADDRESSES)
def test_a_name_that_resolves_inside_is_not_dialled(address: str) -> None:
    place = place_of("https://hooks.muster.example/", Allowed())

    with pytest.raises(Misfit):
        check_all(place, [address], Allowed())


@pytest.mark.parametrize("found", [[PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], [], ["nonsense"]])
def test_one_bad_answer_of_the_resolver_is_enough(found: list[str]) -> None:
    place = place_of("https://hooks.muster.example/", Allowed())

    with pytest.raises(Misfit):
        check_all(place, found, Allowed())


class TestAllowed:
    def test_a_network_may_be_reached_over_http_and_on_any_port(self) -> None:
        allowed = allowed_by("127.0.0.0/8, ::1/128")

        place = place_of("http://127.0.0.1:3000/hook", allowed)

        assert check_all(place, ["127.0.0.1"], allowed) == ("127.0.0.1",)
        assert place_of("http://[::1]:3000/", allowed).port == 3000

    def test_a_host_and_port_may_be_reached_as_it_is_spelled(self) -> None:
        allowed = allowed_by("localhost:3000")

        place = place_of("http://localhost:3000/hook", allowed)

        assert check_all(place, ["127.0.0.1", "::1"], allowed) == ("127.0.0.1", "::1")

    @pytest.mark.parametrize("url", ["http://localhost:3001/", "http://10.0.0.1:3000/", "https://[::1]/"])
    def test_nothing_else_may(self, url: str) -> None:
        with pytest.raises(Misfit):
            place_of(url, allowed_by("localhost:3000,127.0.0.0/8"))

    def test_a_name_is_not_reached_over_http_because_of_where_it_leads(self) -> None:
        with pytest.raises(Misfit):
            place_of("http://hooks.muster.example:3000/", allowed_by("127.0.0.0/8"))

    @pytest.mark.parametrize("setting", ["localhost", "10.0.0.1/8", "a:b", ":80"])
    def test_what_is_neither_is_refused(self, setting: str) -> None:
        with pytest.raises(ValueError):
            allowed_by(setting)
