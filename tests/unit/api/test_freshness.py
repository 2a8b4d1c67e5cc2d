"""`Cache-Control` of a request, as RFC 9111 has it."""

import pytest

from gateway.api.freshness import LONGEST_S, NOTHING, Wanted, read


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", NOTHING),
        ("no-cache", Wanted(no_cache=True)),
        ("NO-CACHE", Wanted(no_cache=True)),
        ("no-store", Wanted(no_store=True)),
        ("only-if-cached, max-age=60", Wanted(only_if_cached=True, max_age_s=60)),
        ('max-age="60"', Wanted(max_age_s=60)),
        (" , max-age=0 ,,", Wanted(max_age_s=0)),
        ("max-age=60, max-age=5", Wanted(max_age_s=5)),
        (f"max-age={'9' * 30}", Wanted(max_age_s=LONGEST_S)),
        ("max-stale=5, min-fresh=1, x-own=no-cache", NOTHING),
        ('x-own="no-cache, max-age=soon"', NOTHING),
        ("not-no-cache", NOTHING),
    ],
)
def test_directives_are_read_by_name_and_others_change_nothing(text: str, wanted: Wanted) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize("text", ["max-age", "max-age=", "max-age=-1", "max-age=1.0", "max-age=٣"])
def test_an_age_that_is_no_number_is_none_at_all(text: str) -> None:
    assert read(text).fresh


@pytest.mark.parametrize("text", ['max-age="', "=60", '"no-cache"', "only-if-cached; no-cache"])
def test_what_cannot_be_read_may_have_meant_to_ask_the_accounting_system(text: str) -> None:
    assert read(text).no_cache


@pytest.mark.parametrize(
    ("wanted", "age_s", "will_do"),
    [
        (NOTHING, 300, True),
        (NOTHING, 301, False),
        (Wanted(no_cache=True, max_age_s=600), 0, False),
        (Wanted(max_age_s=60), 61, False),
        (Wanted(max_age_s=3600), 3600, True),
        (Wanted(only_if_cached=True), 10**9, True),
        (Wanted(only_if_cached=True, max_age_s=60), 61, False),
    ],
)
def test_a_promise_holds_unless_an_age_is_named(wanted: Wanted, age_s: float, will_do: bool) -> None:
    assert wanted.content_with(age_s, promise_s=300) is will_do
