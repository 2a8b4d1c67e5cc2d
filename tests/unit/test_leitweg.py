"""Leitweg-IDs with right and wrong check digits."""

import pytest

from connectors.base.leitweg import misread


@pytest.mark.parametrize(
    "text",
    ["04011000-1234512345-06", "991-03730-19", "992-90009-96", "04011000-900X999-08", "Bestellung 17", ""],
)
def test_right_ones_and_other_texts_pass(text: str) -> None:
    assert not misread(text)


@pytest.mark.parametrize("text", ["04011000-1234512345-35", "991-03730-18", "04011000-900x999-09"])
def test_wrong_check_digits_are_seen(text: str) -> None:
    assert misread(text)
