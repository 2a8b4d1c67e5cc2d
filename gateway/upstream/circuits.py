"""Who has failed so often in a row that asking again at once is of no use: the vendor, or one connection.

A vendor's trouble is everybody's; a connection's, whose credential is refused, is its own. What has failed
five times in a row is left alone for 30 s; then one call tries, and if it fails too, the time doubles, up to
300 s. What does not fail costs nothing here, not even memory.
"""

from msgspec import Struct

from connectors.base.errors import ConnectionProblem, KontorError, UpstreamUnreachable
from gateway.ambient import Clock

FAILURES = 5
FIRST_S = 30.0
LONGEST_S = 300.0
REFUSED = (401, 402, 403)
"""Statuses that are about the credential."""


class LeftAlone(UpstreamUnreachable):
    """The vendor fails, and is not asked at the moment. Nothing was sent."""


class Circuit(Struct):
    """One that has failed since it last succeeded."""

    failures: int = 0
    open_until: float = 0.0
    open_s: float = 0.0
    """How long it was left alone last; 0: never yet."""
    trying: bool = False
    """One call is under way to see whether it works again."""


class Circuits:
    """Those that fail, in this process. Ask `admit` only while there are `any`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.any: dict[str, Circuit] = {}

    def admit(self, target: str, connection: str | None, *, leaving: bool) -> None:
        """Return when a call may go on. `leaving`: it is about to, and so it may be the one that tries.

        Raises:
            LeftAlone: the vendor fails.
            ConnectionProblem: the connection's credential is refused.
        """
        for key, error in ((target, self._vendor_fails), (connection, self._connection_fails)):
            circuit = self.any.get(key or "")
            if circuit is None or circuit.failures < FAILURES:
                continue
            left = circuit.open_until - self._clock.monotonic()
            if left > 0 or circuit.trying:
                raise error(target, circuit, max(left, 1.0))
        if leaving:
            for key in (target, connection):
                circuit = self.any.get(key or "")
                if circuit is not None and circuit.failures >= FAILURES:
                    circuit.trying = True

    def answered(
        self, target: str, connection: str | None, status: int | None, *, renewable: bool = False
    ) -> None:
        """Note how a call ended; None: without an answer. `renewable`: a 401 only asks for the next token."""
        if status is None or status >= 500:
            self._failed(target)
            self._let_try(connection)
            return
        self.any.pop(target, None)
        if status == 429 or (status == 401 and renewable):  # which say nothing of the credential
            self._let_try(connection)
        elif status in REFUSED:
            self._failed(connection)
        else:
            self.any.pop(connection or "", None)

    def given_up(self, target: str, connection: str | None) -> None:
        """A call ended and says nothing: somebody else may try."""
        self._let_try(target)
        self._let_try(connection)

    def _failed(self, key: str | None) -> None:
        if key is None:  # a key that somebody tries: refusing it says nothing of a connection
            return
        circuit = self.any.setdefault(key, Circuit())
        circuit.failures += 1
        circuit.trying = False
        now = self._clock.monotonic()
        if circuit.failures >= FAILURES and circuit.open_until <= now:
            circuit.open_s = min(circuit.open_s * 2 or FIRST_S, LONGEST_S)
            circuit.open_until = now + circuit.open_s

    def _let_try(self, key: str | None) -> None:
        if (circuit := self.any.get(key or "")) is not None:
            circuit.trying = False

    @staticmethod
    def _vendor_fails(target: str, circuit: Circuit, left: float) -> KontorError:
        return LeftAlone(
            f"{target} failed {circuit.failures} times in a row; it is asked again in {left:.0f} s.",
            retry_after_s=left,
        )

    @staticmethod
    def _connection_fails(target: str, circuit: Circuit, left: float) -> KontorError:
        return ConnectionProblem(
            f"{target} refused the last {circuit.failures} calls of this connection; it is asked again in"
            f" {left:.0f} s.",
            retry_after_s=left,
        )
