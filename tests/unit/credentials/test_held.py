from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from connectors.base.errors import ReconnectNeeded, UpstreamUnreachable
from gateway.credentials.grants import Grant
from gateway.credentials.held import (
    End,
    Held,
    KeyCredential,
    Renew,
    Stop,
    Use,
    decode,
    encode,
    fallback,
    header_of,
    next_step,
)

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
MARGIN = timedelta(minutes=15)

GRANT = Grant(access_token="a1", refresh_token="r1", issued_at=START, expires_at=END)
HEADER = "Bearer a1"


def held(secret: Grant | KeyCredential | None = GRANT, **changes: object) -> Held:
    fresh = Held(
        generation=3, secret=secret, previous=None, stored_at=START, resting_until=None, refused=None
    )
    return msgspec.structs.replace(fresh, **changes)


def grant(**changes: object) -> Grant:
    return msgspec.structs.replace(GRANT, **changes)


def step(credential: Held, at: datetime, refused: str | None = None) -> object:
    return next_step(credential, refused, at, MARGIN)


class TestAGrant:
    def test_is_used_until_the_margin_before_its_end(self) -> None:
        at = END - MARGIN - timedelta(seconds=1)
        assert step(held(), at) == Use(HEADER, END - MARGIN, 3)

    def test_is_renewed_from_the_margin_on_and_still_works(self) -> None:
        assert step(held(), END - MARGIN) == Renew(GRANT, HEADER)

    def test_does_not_work_any_more_at_its_end(self) -> None:
        assert step(held(), END) == Renew(GRANT, None)

    def test_of_a_short_life_is_used_for_half_of_it(self) -> None:
        short = grant(expires_at=START + timedelta(minutes=10))
        assert step(held(short), START + timedelta(minutes=5, seconds=-1)) == Use(
            HEADER, START + timedelta(minutes=5), 3
        )
        assert step(held(short), START + timedelta(minutes=5)) == Renew(short, HEADER)

    def test_of_unknown_life_is_used_until_a_401(self) -> None:
        endless = grant(expires_at=None)
        assert step(held(endless), END + timedelta(days=900)) == Use(HEADER, None, 3)
        assert step(held(endless), START, refused=HEADER) == Renew(endless, None)

    def test_that_met_a_401_is_renewed_and_not_used_meanwhile(self) -> None:
        assert step(held(), START, refused=HEADER) == Renew(GRANT, None)

    def test_that_is_newer_than_the_one_that_met_a_401_is_used(self) -> None:
        assert step(held(), START, refused="Bearer a0") == Use(HEADER, END - MARGIN, 3)

    def test_without_an_access_token_is_renewed(self) -> None:
        only = grant(access_token="", expires_at=START)
        assert step(held(only), START) == Renew(only, None)


class TestAGrantWithoutARefreshToken:
    def test_is_used_to_its_very_end(self) -> None:
        only = grant(refresh_token=None)
        assert step(held(only), END - timedelta(seconds=1)) == Use(HEADER, END, 3)

    def test_ends_with_its_access_token(self) -> None:
        assert isinstance(step(held(grant(refresh_token=None)), END), End)

    def test_ends_with_a_401(self) -> None:
        assert isinstance(step(held(grant(refresh_token=None)), START, refused=HEADER), End)


class TestResting:
    UNTIL = END - timedelta(minutes=10)

    def test_a_living_token_is_used_meanwhile(self) -> None:
        resting = held(resting_until=self.UNTIL)
        assert step(resting, END - timedelta(minutes=12)) == Use(HEADER, self.UNTIL, 3)

    def test_a_living_one_is_not_used_beyond_its_end_however_long_the_rest(self) -> None:
        resting = held(resting_until=END + timedelta(minutes=50))
        assert step(resting, END - timedelta(minutes=12)) == Use(HEADER, END, 3)

    def test_a_dead_one_is_not_renewed_and_the_caller_told_how_long(self) -> None:
        resting = held(resting_until=END + timedelta(seconds=30))
        stop = step(resting, END)
        assert isinstance(stop, Stop)
        assert isinstance(stop.error, UpstreamUnreachable)
        assert (stop.error.retry_after_s, stop.error.sent_text, stop.state) == (30.0, "no", None)

    def test_a_refused_one_is_not_renewed(self) -> None:
        assert isinstance(step(held(resting_until=self.UNTIL), START, refused=HEADER), Stop)

    def test_it_is_over_at_its_end(self) -> None:
        assert step(held(resting_until=self.UNTIL), self.UNTIL) == Renew(GRANT, HEADER)


class TestAhead:
    DUE = held(renew_at=END - timedelta(hours=1))

    def ahead(self, credential: Held, at: datetime, *, rested: bool = False) -> object:
        return next_step(credential, None, at, MARGIN, ahead=True, rested=rested)

    def test_a_grant_that_works_is_renewed_when_its_time_has_come(self) -> None:
        assert self.ahead(self.DUE, END - timedelta(hours=1)) == Renew(GRANT, HEADER)

    def test_but_not_before_and_not_for_a_request(self) -> None:
        use = Use(HEADER, END - MARGIN, 3)
        assert self.ahead(self.DUE, END - timedelta(hours=1, seconds=1)) == use
        assert step(self.DUE, END - timedelta(hours=1)) == use

    def test_a_rest_is_cut_short_only_when_the_server_is_known_to_be_back(self) -> None:
        now = END - timedelta(minutes=30)
        resting = msgspec.structs.replace(self.DUE, resting_until=now + timedelta(minutes=9), rested_at=now)
        assert self.ahead(resting, now) == Use(HEADER, now + timedelta(minutes=9), 3)
        assert self.ahead(resting, now, rested=True) == Renew(GRANT, HEADER)


class TestAnApiKey:
    KEY = KeyCredential(header="Bearer key-1")

    def test_is_used_for_ever(self) -> None:
        assert step(held(self.KEY), END + timedelta(days=900)) == Use("Bearer key-1", None, 3)

    def test_ends_with_a_401(self) -> None:
        assert isinstance(step(held(self.KEY), START, refused="Bearer key-1"), End)

    def test_that_replaced_the_one_that_met_a_401_is_used(self) -> None:
        assert step(held(self.KEY), START, refused="Bearer key-0") == Use("Bearer key-1", None, 3)


class TestNothingLeft:
    @pytest.mark.parametrize("secret", [GRANT, KeyCredential(header="Bearer key-1")], ids=["grant", "key"])
    def test_what_the_vendor_has_ended_is_never_used(self, secret: Grant | KeyCredential) -> None:
        stop = step(held(secret, refused="withdrawn"), START)
        assert isinstance(stop, Stop)
        assert isinstance(stop.error, ReconnectNeeded)
        assert (stop.error.detail, stop.state) == ("withdrawn", "reconnect_required")

    def test_a_deleted_credential_needs_a_reconnect_and_is_no_news_for_the_state(self) -> None:
        stop = step(held(None), START)
        assert isinstance(stop, Stop)
        assert isinstance(stop.error, ReconnectNeeded)
        assert stop.state is None


class TestFallback:
    PREVIOUS = grant(refresh_token="r0")

    @pytest.mark.parametrize(("age_s", "token"), [(0, "r0"), (60, "r0"), (61, None)])
    def test_the_grant_before_is_tried_while_this_one_is_young(self, age_s: int, token: str | None) -> None:
        assert fallback(held(previous=self.PREVIOUS), START + timedelta(seconds=age_s)) == token

    def test_there_is_none_without_a_former_grant(self) -> None:
        assert fallback(held(), START) is None


@pytest.mark.parametrize(
    "secret", [GRANT, grant(expires_at=None, refresh_token=None), KeyCredential(header="Bearer k")], ids=str
)
def test_a_secret_comes_back_from_its_bytes(secret: Grant | KeyCredential) -> None:
    assert decode(encode(secret)) == secret


def test_a_grant_without_an_access_token_has_no_header() -> None:
    assert header_of(grant(access_token="")) is None


def test_nothing_here_shows_its_secrets() -> None:
    shown = [
        held(grant(access_token="hush-1", refresh_token="hush-2"), previous=grant(refresh_token="hush-3")),
        KeyCredential(header="Bearer hush"),
        Use("Bearer hush", None, 1),
        Renew(grant(access_token="hush"), "Bearer hush"),
    ]
    assert "hush" not in repr(shown)
