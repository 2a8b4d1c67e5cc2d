"""Writes as a connector would do them, over a vendor that answers as the test says."""

from collections.abc import Awaitable, Callable

from connectors.base.errors import (
    KontorError,
    OutcomeUnknown,
    PermissionMissing,
    PlanTooSmall,
    ReconnectNeeded,
    RecordNotFound,
    StaleVersion,
    UpstreamBroken,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamUnreachable,
    WrittenButNotRead,
)
from connectors.base.wire import Answer, Call, Wire
from gateway.errors import Invalid
from gateway.writes.execution import Act
from gateway.writes.journal import StoredAnswer

WRITE = Call(method="POST", path="/v1/invoices", content=b"{}", writes=True, purpose="invoices.create")
READ = Call(method="GET", path="/v1/invoices/1", purpose="invoices.get")

Response = int | BaseException
REFUSALS: dict[int, Callable[[], KontorError]] = {
    401: lambda: ReconnectNeeded("withdrawn"),
    402: lambda: PlanTooSmall("lapsed"),
    403: lambda: PermissionMissing("scope"),
    404: lambda: RecordNotFound("gone"),
    406: lambda: UpstreamRefused("lineItems"),
    409: lambda: StaleVersion("changed"),
    429: lambda: UpstreamBusy("too many", retry_after_s=2),
}


class FakeVendor:
    """`Wire`. Answers writing calls with `responses` in order, 201 after that; reads with 200."""

    def __init__(self) -> None:
        self.responses: list[Response] = []
        self.reads: list[Response] = []
        self.writes = 0
        self.before_answer: Callable[[], Awaitable[None]] | None = None

    async def send(self, call: Call) -> Answer:
        if call.writes:
            self.writes += 1
            if self.before_answer is not None:
                await self.before_answer()
        waiting = self.responses if call.writes else self.reads
        response = waiting.pop(0) if waiting else 201
        if isinstance(response, BaseException):
            raise response
        return Answer(status=response, headers={}, content=b"")

    async def pause(self, seconds: float) -> bool:
        return True


def created(vendor: FakeVendor) -> Act:
    """Write, then read back, like `create`."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        wire = wrap(vendor)
        await _written(wire)
        try:
            await _read(wire)
        except KontorError as error:
            raise WrittenButNotRead("inv-1", error.detail) from error
        return answer_of(vendor)

    return act


def changed(vendor: FakeVendor) -> Act:
    """Read, then write, like `update`."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        wire = wrap(vendor)
        await _read(wire)
        await _written(wire)
        return answer_of(vendor)

    return act


def in_two_steps(vendor: FakeVendor) -> Act:
    """Two writes, like a contact and its invoice."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        wire = wrap(vendor)
        await _written(wire)
        await _written(wire)
        return answer_of(vendor)

    return act


def hopeful(vendor: FakeVendor) -> Act:
    """Writes once more when the first answer is lost: what the second one says settles nothing."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        wire = wrap(vendor)
        try:
            await _written(wire)
        except OutcomeUnknown:
            await _written(wire)
        return answer_of(vendor)

    return act


def invalid(vendor: FakeVendor) -> Act:
    """Our own validation refuses it."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        raise Invalid(())

    return act


def unchanged(vendor: FakeVendor) -> Act:
    """A change that changes nothing needs no call."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        return answer_of(vendor)

    return act


def broken_before(vendor: FakeVendor) -> Act:
    """A bug of ours before anything is sent."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        raise ZeroDivisionError

    return act


def broken_after(vendor: FakeVendor) -> Act:
    """A bug of ours after the vendor's answer."""

    async def act(wrap: Callable[[Wire], Wire]) -> StoredAnswer:
        await wrap(vendor).send(WRITE)
        raise ZeroDivisionError

    return act


def answer_of(vendor: FakeVendor) -> StoredAnswer:
    """Tells how often the vendor was written to, so that a repetition would show."""
    body = b'{"data":{"writes":%d,"name":"M\xc3\xbcller"}}' % vendor.writes
    headers = (("content-type", "application/json"), ("etag", '"1"'))
    return StoredAnswer(status=201, headers=headers, body=body, upstream_id="inv-1")


async def _written(wire: Wire) -> None:
    answer = await wire.send(WRITE)
    if answer.status in REFUSALS:
        refusal = REFUSALS[answer.status]
        raise refusal()
    if answer.status >= 300:
        raise OutcomeUnknown(f"{answer.status}")


async def _read(wire: Wire) -> None:
    answer = await wire.send(READ)
    if answer.status >= 300:
        raise UpstreamBroken(f"{answer.status}")


def unreachable() -> KontorError:
    return UpstreamUnreachable("no connection")


def lost() -> KontorError:
    return OutcomeUnknown("no answer")
