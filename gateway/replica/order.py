"""Which of two reads of one object is the newer one. Pure."""

from datetime import datetime

from msgspec import Struct


class Seen(Struct, frozen=True, kw_only=True):
    """What a read, or the finding that there is nothing left to read, tells of its age."""

    version: str | None
    """The vendor's; None where it has none."""
    vendor_at: datetime | None
    """The vendor's clock; None where it does not tell."""
    read_at: datetime
    """Our clock, before the vendor was asked."""
    gone: bool = False


def newer(one: Seen, other: Seen) -> bool:
    """Whether `one` shows a later state than `other`.

    The vendor's clock decides, then its version if that is a number, then ours. What both tell counts, so a
    vendor that stops telling its clock is not stuck with what it told last; what is gone has our clock only.
    """
    if not one.gone and not other.gone:
        if one.vendor_at is not None and other.vendor_at is not None and one.vendor_at != other.vendor_at:
            return one.vendor_at > other.vendor_at
        ours, theirs = _number(one.version), _number(other.version)
        if ours is not None and theirs is not None and ours != theirs:
            return ours > theirs
    return one.read_at > other.read_at


def _number(version: str | None) -> int | None:
    return int(version) if version is not None and version.isascii() and version.isdigit() else None
