"""What a write has asked of the vendor and heard, in order: played again, it goes on where it stopped.

A connector does the same for the same request and the same answers. So a write that was cut off, between two
of its steps or while it read back, is carried out once more from its beginning, with the answers it had; only
what it had not heard is asked of the vendor.
"""

import hashlib
from datetime import datetime

import msgspec
from msgspec import Struct

from connectors.base.wire import Answer, Call

CREATING = "POST"


class Heard(Struct, frozen=True, kw_only=True):
    """One call and its answer; None: it left, and no clear answer came."""

    call: Call
    answer: Answer | None
    sent_at: datetime | None = None
    """Of writing calls: when it left first."""


class TapeTorn(Exception):
    """The request is no longer carried out in the calls that it was begun with, as after an upgrade."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Heard])


class Tape:
    """The calls of one write."""

    def __init__(self, heard: list[Heard] | None = None, since: datetime | None = None) -> None:
        self._heard = heard or []
        self._since = since
        self._position = 0
        self._played = len(self._heard)

    @classmethod
    def of(cls, packed: bytes) -> "Tape":
        """What `packed` made."""
        return cls(_DECODER.decode(packed))

    def packed(self) -> bytes:
        """All of it as bytes, to be sealed: it holds the end customer's data."""
        return _ENCODER.encode(self._heard)

    @property
    def open(self) -> list[Heard]:
        """Writing calls without a clear answer."""
        return [heard for heard in self._heard if heard.answer is None]

    @property
    def creates(self) -> list[Call]:
        """Calls that make something new, answered or not."""
        return [heard.call for heard in self._heard if heard.call.method == CREATING]

    def answered(self, answer: Answer) -> "Tape":
        """A copy in which the one call that had no answer has this one, and nothing follows it."""
        at = next(index for index, heard in enumerate(self._heard) if heard.answer is None)
        return Tape([*self._heard[:at], msgspec.structs.replace(self._heard[at], answer=answer)])

    def without_open(self) -> "Tape":
        """A copy that ends before the call without an answer: it will be made again."""
        at = next((i for i, heard in enumerate(self._heard) if heard.answer is None), len(self._heard))
        return Tape(self._heard[:at], next((heard.sent_at for heard in self._heard[at:]), None))

    def next(self, call: Call) -> Answer | None:
        """The answer that this call had; None: it was not made yet.

        Raises:
            TapeTorn: another call was made at this place.
        """
        if self._position >= self._played:
            return None
        heard = self._heard[self._position]
        if (heard.call.method, heard.call.path) != (call.method, call.path) or heard.answer is None:
            raise TapeTorn(f"{call.method} {call.path} where {heard.call.method} {heard.call.path} was made")
        self._position += 1
        return heard.answer

    def note(self, call: Call, answer: Answer | None, sent_at: datetime | None = None) -> None:
        """A call that is made now."""
        if sent_at is not None and self._since is not None:
            sent_at, self._since = self._since, None
        self._heard.append(Heard(call=call, answer=answer, sent_at=sent_at))

    def presume(self, since: datetime) -> None:
        """The call noted last may have left since then."""
        self._heard.append(msgspec.structs.replace(self._heard.pop(), sent_at=since))

    def answer(self, answer: Answer | None) -> None:
        """The answer to the call noted last; None: the vendor did nothing, as if it had not been made."""
        last = self._heard.pop()
        if answer is not None:
            self._heard.append(msgspec.structs.replace(last, answer=answer))

    def to_be_read_back(self) -> None:
        """What came after the last writing call is asked for anew: "not there yet" passes."""
        while self._heard and not self._heard[-1].call.writes:
            self._heard.pop()

    def distrust(self) -> None:
        """The last answer to a writing call cannot be read: as if it had not come."""
        for at in reversed(range(len(self._heard))):
            if self._heard[at].call.writes:
                self._heard[at:] = [msgspec.structs.replace(self._heard[at], answer=None)]
                return


def creation_digest(call: Call) -> bytes | None:
    """What two creates share that nobody could tell apart; None for calls that make nothing new."""
    if call.method != CREATING:
        return None
    digest = hashlib.sha256()
    for part in (call.path, repr(sorted(call.params)), call.content_type or ""):
        digest.update(f"{len(part)}:{part}".encode())
    digest.update(_canonical(call.content or b""))
    return digest.digest()


def _canonical(content: bytes) -> bytes:
    try:
        return msgspec.json.encode(msgspec.json.decode(content), order="sorted")
    except (msgspec.DecodeError, ValueError, RecursionError):
        return content
