"""What a connector does with each field and filter is found by running it."""

from typing import Any

import msgspec
import pytest

from connectors.base.probing.support import Support, probe
from gateway.api.probed import SELECTED_HERE, told
from tests.unit.probing import lamps


def probed() -> Support:
    return probe(lamps.CONNECTOR, lamps.RESOURCE, lamps.EXAMPLES)


def reads() -> dict[str, tuple[bool, tuple[str, ...]]]:
    return {field.path: (field.filled, field.comes_from) for field in probed().read}


def test_a_field_comes_from_what_it_changes_with() -> None:
    found = reads()

    assert found["name"] == (True, ("/lamps#[].label",))
    assert found["room"] == (True, ("/lamps#[].place",))


def test_a_word_that_only_the_mapping_knows_brings_a_field_to_light() -> None:
    assert reads()["price"] == (True, ("/lamps#[].grossPrice", "/lamps#[].lampState"))


def test_what_is_never_filled_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reads()["warranty"] == (False, ())


def test_a_mapping_line_less_is_a_field_less(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lamps.to_unified
    without = lambda raw: msgspec.structs.replace(whole(raw), room=None)  # noqa: E731
    monkeypatch.setattr(lamps, "to_unified", without)

    assert reads()["room"] == (False, ())


def written() -> dict[str, Any]:
    return {field.path: field for field in probed().written["create"]}


def test_a_field_goes_where_the_body_changes() -> None:
    assert written()["name"].goes_to == ("label",)


def test_a_field_that_needs_another_beside_it_is_written() -> None:
    assert written()["hook"].goes_to == ("hookName",)


def test_a_refused_field_says_why() -> None:
    colour = written()["colour"]

    assert (colour.written, colour.reason) == (False, "Lamps have no colour here.")


def test_a_field_that_is_dropped_in_silence_has_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lamps.to_native
    monkeypatch.setattr(lamps, "to_native", lambda body: whole(body) | {"place": None})

    room = written()["room"]

    assert (room.written, room.reason) == (False, None)  # the matrix's own test fails on this


def test_filters_are_the_vendors_or_ours_or_refused() -> None:
    found = {one.name: one for one in told(lamps.CONNECTOR, lamps.RESOURCE, probed()).filters}

    assert (found["name"].level, found["name"].vendor_fields) == ("yes", ["label"])
    assert (found["room"].level, found["room"].workaround) == ("workaround", SELECTED_HERE)
    assert (found["colour"].level, found["colour"].reason) == ("no", "Nobody knows colours.")
    assert (found["updatedSince"].level, found["updatedSince"].reason) == ("no", "Nobody knows when.")


def test_a_filter_that_nobody_looks_at_has_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lamps.Lamps.list

    async def deaf(self: lamps.Lamps, query: Any) -> Any:
        return await whole(self, msgspec.structs.replace(query, filters=lamps.LampFilters()))

    monkeypatch.setattr(lamps.Lamps, "list", deaf)

    found = {one.name: one for one in probed().filtered}

    assert (found["name"].by, found["name"].reason) == (None, None)


def test_an_example_that_is_refused_is_told_at_once() -> None:
    with pytest.raises(AssertionError, match="lamps does not take its example"):
        probe(lamps.CONNECTOR, lamps.RESOURCE, lamps.EXAMPLES | {"create": {"name": "Anna", "colour": "red"}})


def acted() -> dict[str, tuple[bool, tuple[str, ...], str | None]]:
    return {one.path: (one.written, one.goes_to, one.reason) for one in probed().written["cancel"]}


def test_an_action_is_tried_on_an_object_that_stands_as_it_needs() -> None:
    """Only lamps that burn are put out, and no sample says ON by itself."""
    assert acted() == {
        "finalize": (True, ("forGood",), None),
        "issuedOn": (True, ("on",), None),
        "introduction": (False, (), "Lamps are put out without a word."),
    }


def test_what_an_action_drops_in_silence_has_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lamps.Lamps.cancel

    async def deaf(self: lamps.Lamps, id: str, body: Any) -> Any:
        return await whole(self, id, msgspec.structs.replace(body, issued_on=None))

    monkeypatch.setattr(lamps.Lamps, "cancel", deaf)

    assert acted()["issuedOn"] == (False, (), None)


def test_an_action_that_takes_its_example_of_nothing_is_told_at_once() -> None:
    with pytest.raises(AssertionError, match="cancel takes its example of nothing"):
        probe(lamps.CONNECTOR, lamps.RESOURCE, lamps.EXAMPLES | {"cancel": {"introduction": "Gute Nacht"}})


def test_the_rows_of_a_summary_have_fields_of_their_own() -> None:
    """A row without a state that is known is none, so a word is needed before there is any."""
    found = {one.path: (one.filled, one.comes_from) for one in probed().summary}

    assert found == {
        "id": (True, ("/lamps#[].lampId",)),
        "name": (True, ("/lamps#[].label",)),
        "state": (True, ("/lamps#[].lampState",)),
        "warranty": (False, ()),
    }
