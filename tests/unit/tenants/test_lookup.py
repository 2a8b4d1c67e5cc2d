import hashlib
import hmac
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tenants.lookup import LookupHash

KEY = bytes(range(32))


def test_a_digest_is_the_hmac_of_every_part_behind_its_length() -> None:
    message = b"\x00\x00\x00\x07api_key" + b"\x00\x00\x00\x03abc"

    assert LookupHash(KEY).digest("api_key", "abc") == hmac.new(KEY, message, hashlib.sha256).digest()


def test_the_same_secret_has_another_digest_for_another_purpose() -> None:
    lookup = LookupHash(KEY)
    assert lookup.digest("api_key", "abc") != lookup.digest("account_key", "abc")


def test_the_same_secret_has_another_digest_under_another_key() -> None:
    assert LookupHash(KEY).digest("api_key", "abc") != LookupHash(bytes(32)).digest("api_key", "abc")


def test_parts_that_read_alike_when_joined_have_different_digests() -> None:
    """100,000 pairs of ids with the separators that people use (SEC-5)."""
    lookup = LookupHash(KEY)
    pieces = ["", "a", "b", "ab", ":", "|", "/", "\x00", "a:", ":b", "1", "11", "-", "_", " ", "ä"]
    ids = list(itertools.islice(("".join(parts) for parts in itertools.product(pieces, repeat=3)), 2048))
    pairs = {(first, second) for first, second in itertools.product(sorted(set(ids))[:320], repeat=2)}

    digests = {lookup.digest("cache", first, second) for first, second in pairs}

    assert len(pairs) >= 100_000
    assert len(digests) == len(pairs)


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_only_equal_parts_have_equal_digests(one: list[str], other: list[str]) -> None:
    lookup = LookupHash(KEY)
    assert (lookup.digest("p", *one) == lookup.digest("p", *other)) == (one == other)


def test_text_that_is_no_unicode_has_a_digest_too() -> None:
    assert len(LookupHash(KEY).digest("api_key", "\ud800")) == 32


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        LookupHash(bytes(31))


def test_the_key_is_not_shown() -> None:
    assert "000102" not in repr(LookupHash(KEY))
    assert KEY.hex() not in repr(LookupHash(KEY))
