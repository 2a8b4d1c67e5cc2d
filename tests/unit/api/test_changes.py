import pytest

from connectors.base.errors import StaleVersion
from gateway.api.changes import MergePatch, merge
from gateway.errors import Invalid
from schemas.base import Input, Unified


class Current(Unified, kw_only=True, frozen=True):
    version: str | None


class Writable(Input, kw_only=True, frozen=True):
    name: str
    note: str | None = None


# RFC 7396, appendix A
MERGES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), MERGES)
def test_a_merge_patch_merges_as_the_rfc_shows(target: object, patch: object, result: object) -> None:
    assert merge(target, patch) == result


def test_a_patch_keeps_what_it_does_not_name() -> None:
    change = MergePatch({"note": "new"}, '"3"')

    assert change.merged(Current(version="3"), Writable(name="n", note="old")) == Writable(
        name="n", note="new"
    )


def test_null_takes_an_optional_value_away() -> None:
    assert (
        MergePatch({"note": None}, "*").merged(Current(version="3"), Writable(name="n", note="old")).note
        is None
    )


def test_null_for_a_required_value_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        MergePatch({"name": None}, "*").merged(Current(version="3"), Writable(name="n"))

    assert caught.value.errors[0].field == "name"


def test_a_field_the_server_owns_is_refused() -> None:
    with pytest.raises(Invalid):
        MergePatch({"version": "4"}, "*").merged(Current(version="3"), Writable(name="n"))


def test_a_stale_etag_is_refused_with_the_current_one() -> None:
    with pytest.raises(StaleVersion) as caught:
        MergePatch({"note": "x"}, '"2"').merged(Current(version="3"), Writable(name="n"))

    assert caught.value.headers == {"etag": '"3"'}


@pytest.mark.parametrize("if_match", ['"3"', '"1", "3"', "*"])
def test_an_etag_that_matches_passes(if_match: str) -> None:
    MergePatch({}, if_match).check(Current(version="3"))


@pytest.mark.parametrize("if_match", ['W/"3"', "3", "", '"30"'])
def test_a_weak_or_unquoted_etag_never_matches(if_match: str) -> None:
    with pytest.raises(StaleVersion):
        MergePatch({}, if_match).check(Current(version="3"))
