import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ambient import SystemRandomness
from gateway.credentials.sealing import NONCE, SALT, CannotOpen, Place, key_id_of, seal, unseal

KEY = bytes(range(32))
PLACE = Place("credentials", "sealed", "ten_1", "con_1")


class FixedRandomness(SystemRandomness):
    def token_bytes(self, nbytes: int) -> bytes:
        return bytes(nbytes)


def sealed(plaintext: bytes = b"refresh token", key: bytes = KEY, key_id: str = "dk_1") -> bytes:
    return seal(key, key_id, PLACE, plaintext, SystemRandomness())


@given(st.binary(max_size=5000))
def test_what_was_sealed_comes_back(plaintext: bytes) -> None:
    assert unseal(KEY, PLACE, sealed(plaintext)) == plaintext


def test_it_tells_the_id_of_its_key() -> None:
    assert key_id_of(sealed(key_id="dk_06gvi")) == "dk_06gvi"


def test_the_plaintext_is_not_in_it() -> None:
    assert b"refresh" not in sealed(b"refresh token " * 20)


def test_the_form_stays_readable_by_later_versions() -> None:
    """Stored secrets have to open after an update."""
    stored = bytes.fromhex(STORED)
    assert unseal(KEY, PLACE, stored) == b"refresh token"
    assert seal(KEY, "dk_1", PLACE, b"refresh token", FixedRandomness()) == stored


STORED = "0104646b5f31" + "00" * 28 + "dad62771bae738a35dc098fc569aa444f803794ad3cd3dbc6c8fa6eaee"
"""Computed with HMAC-SHA256 and AES-GCM alone: HKDF-Expand of one block is HMAC(key, info + 0x01)."""


def elsewhere() -> Iterator[Place]:
    """Every other place that differs in some of its parts."""
    parts = [
        ("credentials", "partner_apps"),
        ("sealed", "previous_sealed"),
        ("ten_1", "ten_2"),
        ("con_1", "con_2"),
    ]
    for chosen in itertools.product(*parts):
        if Place(*chosen) != PLACE:
            yield Place(*chosen)


@pytest.mark.parametrize("place", list(elsewhere()), ids=str)
def test_it_opens_in_no_other_place(place: Place) -> None:
    with pytest.raises(CannotOpen):
        unseal(KEY, place, sealed())


def test_ten_thousand_values_moved_to_another_place_under_the_same_key_stay_shut() -> None:
    places = [
        Place(table, column, tenant, row)
        for table in ("credentials", "partner_apps")
        for column in ("sealed", "previous_sealed")
        for tenant in ("ten_1", "ten_2", "ten_3", "ten_4", "ten_5")
        for row in ("con_1", "con_2", "con_3", "con_4", "con_5", "con_6")
    ]
    values = [seal(KEY, "dk_1", place, b"x", SystemRandomness()) for place in places]

    opened = moved = 0
    for place, value in itertools.product(places, values):
        if places[values.index(value)] == place:
            continue
        moved += 1
        try:
            unseal(KEY, place, value)
            opened += 1
        except CannotOpen:
            pass

    assert moved >= 10_000
    assert opened == 0


def test_places_that_read_alike_when_joined_are_different_places() -> None:
    value = seal(KEY, "dk_1", Place("ab", "c", "d", "e"), b"x", SystemRandomness())
    for place in (Place("a", "bc", "d", "e"), Place("ab", "cd", "", "e"), Place("abcde", "", "", "")):
        with pytest.raises(CannotOpen):
            unseal(KEY, place, value)


def test_it_does_not_open_with_another_key() -> None:
    with pytest.raises(CannotOpen):
        unseal(bytes(32), PLACE, sealed())


def test_no_single_changed_bit_goes_unnoticed() -> None:
    value = sealed()
    changed = 0
    for position, bit in itertools.product(range(len(value)), range(8)):
        broken = bytearray(value)
        broken[position] ^= 1 << bit
        with pytest.raises(CannotOpen):
            unseal(KEY, PLACE, bytes(broken))
        changed += 1
    assert changed == 8 * len(value)


def test_nothing_shorter_or_longer_opens() -> None:
    value = sealed()
    for length in range(len(value)):
        with pytest.raises(CannotOpen):
            unseal(KEY, PLACE, value[:length])
    with pytest.raises(CannotOpen):
        unseal(KEY, PLACE, value + b"\x00")


def test_another_key_id_in_front_does_not_open_it() -> None:
    value = sealed(key_id="dk_1")
    with pytest.raises(CannotOpen):
        unseal(KEY, PLACE, value.replace(b"dk_1", b"dk_2", 1))


@pytest.mark.parametrize(
    "value", [b"", b"\x01", b"\x02" + bytes(100), b"plaintext", b'{"access":"x"}', bytes(200)]
)
def test_what_was_never_sealed_does_not_open(value: bytes) -> None:
    with pytest.raises(CannotOpen):
        unseal(KEY, PLACE, value)


def test_salt_and_nonce_never_repeat() -> None:
    """SEC-21. What is drawn is 224 bits; that none of it is fixed shows in 20,000 sealings."""
    head = 2 + len("dk_1")
    drawn = [sealed(b"")[head : head + SALT + NONCE] for _ in range(20_000)]

    assert len(set(drawn)) == 20_000
    assert len({each[:SALT] for each in drawn}) == 20_000
    assert len({each[SALT:] for each in drawn}) == 20_000


def test_the_same_plaintext_is_sealed_differently_each_time() -> None:
    assert len({sealed()[34:] for _ in range(100)}) == 100
