"""Accidents on demand: rules that befall the next calls they match."""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from sandbox.lexoffice.clock import Dice
from sandbox.lexoffice.errors import OF_GATEWAY, gateway_reply, of_gateway
from sandbox.lexoffice.wire import JSON, Outcome, Reply, Request

Kind = Literal["delay", "drop_before", "drop_after", "reset_in_body", "truncate", "status", "status_after"]
GATEWAY_TIMEOUT_S = 30
"""Whoever takes longer is answered 504 by the gateway, and works on behind it."""


class Match(msgspec.Struct, frozen=True):
    """`path` may hold `*`: `/v1/invoices*` is the list of creations and all below it."""

    method: str = "*"
    path: str = "*"

    def fits(self, request: Request) -> bool:
        return fnmatchcase(request.method, self.method) and fnmatchcase(request.path, self.path)


class Fault(msgspec.Struct, kw_only=True):
    """What happens, and to how many calls (`times`, None: until taken away).

    Of the calls that match, the first `skip` pass unharmed; of the others `percent` in a hundred are hit,
    the same ones for the same `seed`.

    `delay`: the answer comes `seconds` late, beyond 30 s as the gateway's 504. `drop_before`: the line is
    cut, nothing was done. `drop_after`: it was done, then the line is cut. `reset_in_body`: cut amid the
    body. `truncate`: half a body that claims to be whole. `status`: not done, this status instead.
    `status_after`: done, but answered with this status (504: the gateway timed out after the booking).
    """

    kind: Kind
    match: Match = Match()
    times: int | None = 1
    status: int = 500
    body: str | None = None
    seconds: float = 0
    skip: int = 0
    percent: int = 100
    seed: int = 0
    met: int = 0
    """How many calls have matched so far."""

    def hits(self) -> bool:
        """Whether the call that matches now is one to be hit."""
        self.met += 1
        if self.met <= self.skip:
            return False
        return self.percent >= 100 or Dice(f"{self.seed}/{self.met}").chance(self.percent)

    @property
    def own_answer(self) -> bool:
        """Whether the caller gets an answer of the rule's making."""
        return self.kind in ("status", "status_after") or self._times_out

    @property
    def _times_out(self) -> bool:
        return self.kind == "delay" and self.seconds > GATEWAY_TIMEOUT_S

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
            case _ if self._times_out:
                return Outcome(gateway_reply(of_gateway(504)), GATEWAY_TIMEOUT_S)
            case _:
                return Outcome(reply, self.seconds)

    def _own_reply(self) -> Reply:
        if self.body is None and self.status in OF_GATEWAY:
            return gateway_reply(of_gateway(self.status))
        return Reply(self.status, (self.body or "{}").encode(), (JSON,))


class Faults:
    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.rules.append(fault)

    def take(self, request: Request) -> Fault | None:
        """The first rule that matches and hits, counted down; None most of the time."""
        for fault in self.rules:
            if fault.match.fits(request) and fault.hits():
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.rules.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self.rules.clear()
