"""What a write has heard is played again, but for what says nothing."""

import pytest

from connectors.base.wire import Answer, Call
from gateway.ambient import system
from gateway.writes.journaled import JournaledWire, Recording
from gateway.writes.outcome import Traces
from gateway.writes.tape import Tape

pytestmark = pytest.mark.anyio

READ = Call(method="GET", path="/v1/contacts/1", purpose="customers.get")


class Vendor:
    """A wire that gives these statuses one after the other."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)

    async def send(self, call: Call) -> Answer:
        return Answer(status=self.statuses.pop(0), headers={}, content=b"")

    async def pause(self, seconds: float) -> bool:
        return False


async def committed() -> None:
    return None


def wired(vendor: Vendor, tape: Tape) -> JournaledWire:
    recording = Recording(tape, Traces(), system().clock, None, 60.0)
    return JournaledWire(vendor, recording, committed, committed)


@pytest.mark.parametrize(
    ("status", "asked_again"),
    [(200, False), (404, False), (429, True), (403, True), (500, True), (503, True), (408, True)],
)
async def test_a_read_that_failed_is_asked_again_when_the_write_is_carried_on(
    status: int, asked_again: bool
) -> None:
    tape = Tape()
    assert (await wired(Vendor(status), tape).send(READ)).status == status

    carried_on = wired(Vendor(200) if asked_again else Vendor(), Tape.of(tape.packed()))

    assert (await carried_on.send(READ)).status == (200 if asked_again else status)
