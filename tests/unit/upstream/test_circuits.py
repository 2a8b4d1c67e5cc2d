"""When the vendor, or one connection, is left alone, and how it is tried again (REL-22)."""

import pytest

from connectors.base.errors import ConnectionProblem, UpstreamUnreachable
from gateway.upstream.circuits import Circuits
from tests.standing import standing

VENDOR, CONNECTION = "lexoffice", "5:ten_15:con_1"


class Subject:
    def __init__(self) -> None:
        ambient = standing()
        self.clock = ambient.clock
        self.circuits = Circuits(ambient.clock)

    def calls(self, *statuses: int | None, connection: str = CONNECTION) -> None:
        for status in statuses:
            self.circuits.admit(VENDOR, connection, leaving=True)
            self.circuits.answered(VENDOR, connection, status)

    def open_for(self, connection: str = CONNECTION) -> float:
        """Seconds it is left alone; 0 when calls may go."""
        try:
            self.circuits.admit(VENDOR, connection, leaving=False)
        except (UpstreamUnreachable, ConnectionProblem) as error:
            return error.retry_after_s or 0
        return 0


@pytest.fixture
def subject() -> Subject:
    return Subject()


@pytest.mark.parametrize("status", [None, 500, 502, 503, 504])
def test_a_vendor_that_fails_five_times_in_a_row_is_left_alone_for_thirty_seconds(
    subject: Subject, status: int | None
) -> None:
    subject.calls(*[status] * 4)
    assert subject.open_for() == 0

    subject.calls(status)

    assert subject.open_for() == 30
    assert subject.open_for("another") == 30


@pytest.mark.parametrize("status", [200, 404, 406, 409, 429])
def test_an_answer_between_failures_begins_the_count_anew(subject: Subject, status: int) -> None:
    subject.calls(*[500] * 4, status, *[500] * 4)

    assert subject.open_for() == 0


def test_one_call_tries_when_the_time_is_over_and_the_others_wait(subject: Subject) -> None:
    subject.calls(*[500] * 5)
    subject.clock.advance(30)
    subject.circuits.admit(VENDOR, CONNECTION, leaving=True)

    assert subject.open_for("another") == 1
    subject.circuits.answered(VENDOR, CONNECTION, 200)
    assert subject.open_for("another") == 0
    assert subject.circuits.any == {}


def test_each_try_that_fails_doubles_the_time_up_to_five_minutes(subject: Subject) -> None:
    subject.calls(*[500] * 5)
    times = []
    for _ in range(6):
        times.append(subject.open_for())
        subject.clock.advance(times[-1])
        subject.calls(503)

    assert times == [30, 60, 120, 240, 300, 300]


def test_a_try_that_was_given_up_lets_another_one(subject: Subject) -> None:
    subject.calls(*[500] * 5)
    subject.clock.advance(30)
    subject.circuits.admit(VENDOR, CONNECTION, leaving=True)
    subject.circuits.given_up(VENDOR, CONNECTION)

    assert subject.open_for() == 0


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_credential_opens_no_circuit_but_its_own(subject: Subject, status: int) -> None:
    """1,000 connections, one of them bad."""
    subject.calls(*[status] * 5)

    affected = sum(subject.open_for(f"con_{number}") > 0 for number in range(1000))
    assert affected == 0
    assert subject.open_for() == 30
    with pytest.raises(ConnectionProblem):
        subject.circuits.admit(VENDOR, CONNECTION, leaving=True)


def test_failures_of_the_vendor_do_not_count_against_a_connection(subject: Subject) -> None:
    subject.calls(403, 403, 500, 403, 200, *[403] * 4)
    assert subject.open_for() == 0

    subject.calls(403)
    assert subject.open_for() == 30


def test_tokens_that_were_due_are_no_failures_of_a_connection(subject: Subject) -> None:
    for _ in range(2 * 5):
        subject.circuits.answered(VENDOR, CONNECTION, 401, renewable=True)

    assert subject.open_for() == 0


def test_a_token_that_is_due_does_not_keep_the_renewed_one_from_being_tried(subject: Subject) -> None:
    subject.calls(*[401] * 4)

    subject.circuits.answered(VENDOR, CONNECTION, 401, renewable=True)

    assert subject.open_for() == 0
