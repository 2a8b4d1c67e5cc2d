"""What follows from what a vendor shows, case by case."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base.tracing import Candidate, Evidence
from connectors.base.wire import Answer
from gateway.reconcile import rule
from gateway.reconcile.rule import RESENDS, Adopt, Ask, Resend, Times, Verdict, Wait, verdict

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AT_WORK = Times(now=NOW, closes=NOW + MINUTE, settles=NOW + 3 * MINUTE)
CLOSED = Times(now=NOW, closes=NOW - MINUTE, settles=NOW + MINUTE)
SETTLED = Times(now=NOW, closes=NOW - 3 * MINUTE, settles=NOW - MINUTE)
ANSWER = Answer(status=200, headers={}, content=b"{}")


def candidate(id: str, *, equal: bool = True, certain: bool = False, late: bool = False) -> Candidate:
    answer = Answer(status=201, headers={}, content=id.encode())
    return Candidate(id=id, equal=equal, certain=certain, late=late, answer=answer)


def shows(*candidates: Candidate) -> Evidence:
    return Evidence(candidates=candidates)


ONE, TWO = candidate("one"), candidate("two")
ALIKE = candidate("alike", equal=False)
LATE = candidate("late", late=True)
LATE_ALIKE = candidate("late and alike", equal=False, late=True)
LATE_MARKED = candidate("late and marked", certain=True, late=True)
MARKED = candidate("marked", certain=True)
CASES: dict[str, tuple[Evidence, Times, int, Verdict]] = {
    "a certain answer": (Evidence(answer=ANSWER), AT_WORK, 0, Adopt(ANSWER)),
    "nothing that tells": (Evidence(undecidable=True), AT_WORK, 0, Ask(rule.NOT_SHOWN)),
    "its mark": (shows(MARKED), AT_WORK, 0, Adopt(MARKED.answer)),
    "its mark beside an equal one": (shows(ONE, MARKED), SETTLED, 0, Adopt(MARKED.answer)),
    "harmless, at work": (Evidence(repeatable=True), AT_WORK, 0, Wait(AT_WORK.closes)),
    "harmless, closed": (Evidence(repeatable=True), CLOSED, 0, Resend()),
    "harmless, in vain": (Evidence(repeatable=True), CLOSED, RESENDS, Ask(rule.IN_VAIN)),
    "none, at work": (shows(), AT_WORK, 0, Wait(AT_WORK.settles)),
    "none, closed": (shows(), CLOSED, 0, Wait(CLOSED.settles)),
    "none, settled": (shows(), SETTLED, 0, Resend()),
    "none again": (shows(), SETTLED, RESENDS - 1, Resend()),
    "none, in vain": (shows(), SETTLED, RESENDS, Ask(rule.IN_VAIN)),
    "one, closed": (shows(ONE), CLOSED, 0, Wait(CLOSED.settles)),
    "one, settled": (shows(ONE), SETTLED, 0, Adopt(ONE.answer)),
    "one after a resend": (shows(ONE), SETTLED, 1, Adopt(ONE.answer)),
    "two, settled": (shows(ONE, TWO), SETTLED, 0, Ask(rule.SEVERAL, (ONE, TWO))),
    "one beside one alike": (shows(ONE, ALIKE), SETTLED, 0, Adopt(ONE.answer)),
    "one beside a late one": (shows(LATE, ONE), SETTLED, 0, Adopt(ONE.answer)),
    "one alike beside a late one": (shows(LATE, ALIKE), SETTLED, 0, Ask(rule.ALIKE, (ALIKE,))),
    "a late one": (shows(LATE), SETTLED, 0, Ask(rule.LATE, (LATE,))),
    "a late one that is alike": (shows(LATE_ALIKE), SETTLED, 0, Resend()),
    "its mark, late": (shows(LATE_MARKED), SETTLED, 0, Adopt(LATE_MARKED.answer)),
    "a late one, closed": (shows(LATE), CLOSED, 0, Wait(CLOSED.settles)),
    "one alike": (shows(ALIKE), SETTLED, 0, Ask(rule.ALIKE, (ALIKE,))),
}


@pytest.mark.parametrize("case", CASES)
def test_what_follows(case: str) -> None:
    evidence, times, resends, expected = CASES[case]

    assert verdict(evidence, (), times, resends) == expected


def test_what_another_write_made_is_no_candidate() -> None:
    assert verdict(shows(ONE, TWO), ("one",), SETTLED, 0) == Adopt(TWO.answer)
    assert verdict(shows(ONE), ("one",), SETTLED, 0) == Resend()


def test_every_reason_is_explained() -> None:
    asked = {found.reason for _, _, _, found in CASES.values() if isinstance(found, Ask)}

    assert asked < set(rule.REASONS)
