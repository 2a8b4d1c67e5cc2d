"""Accidents on demand: rules that befall the next calls they match."""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from sandbox.lexoffice.wire import JSON, Outcome, Reply, Request

Kind = Literal["delay", "drop_before", "drop_after", "reset_in_body", "truncate", "status", "status_after"]
# The bodies the gateway sends for statuses of its own.
GATEWAY_BODIES = {
    429: b'{"message":"Rate limit exceeded"}',
    500: b'{"message":"Internal server error or rate limit exceeded"}',
    502: b'{"message":"Internal server error"}',
    503: b'{"message":null}',
    504: b'{"message":"Endpoint request timed out"}',
}


class Match(msgspec.Struct, frozen=True):
    """`path` may hold `*`: `/v1/invoices*` is the list of creations and all below it."""

    method: str = "*"
    path: str = "*"

    def fits(self, request: Request) -> bool:
        return fnmatchcase(request.method, self.method) and fnmatchcase(request.path, self.path)


class Fault(msgspec.Struct, kw_only=True):
    """What happens, and to how many calls (`times`, None: until taken away).

    `delay`: the answer comes `seconds` late. `drop_before`: the line is cut, nothing was done.
    `drop_after`: it was done, then the line is cut. `reset_in_body`: cut amid the body.
    `truncate`: half a body that claims to be whole. `status`: not done, this status instead.
    `status_after`: done, but answered with this status (504: the gateway timed out after the booking).
    """

    kind: Kind
    match: Match = Match()
    times: int | None = 1
    status: int = 500
    body: str | None = None
    seconds: float = 0

    @property
    def before(self) -> bool:
        """Whether the call never reaches the books."""
        return self.kind in ("drop_before", "status")

    def befall(self, reply: Reply) -> Outcome:
        match self.kind:
            case "drop_before" | "drop_after":
                return Outcome(reply, self.seconds, "silently")
            case "reset_in_body":
                return Outcome(reply, self.seconds, "in_body")
            case "truncate":
                return Outcome(
                    Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers), self.seconds
                )
            case "status" | "status_after":
                return Outcome(self._own_reply(), self.seconds)
            case _:
                return Outcome(reply, self.seconds)

    def _own_reply(self) -> Reply:
        default = GATEWAY_BODIES.get(self.status, b"{}")
        return Reply(self.status, default if self.body is None else self.body.encode(), (JSON,))


class Faults:
    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.rules.append(fault)

    def take(self, request: Request) -> Fault | None:
        """The first rule that matches, counted down; None most of the time."""
        for fault in self.rules:
            if fault.match.fits(request):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.rules.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self.rules.clear()
