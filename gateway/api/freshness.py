"""How new an answer has to be, in HTTP's own words: a request's `Cache-Control` (RFC 9111, section 5.2.1)."""

import re
from datetime import datetime
from typing import Any

from litestar import Request
from msgspec import Struct

_SECONDS = re.compile(r"\d+", re.ASCII)
_EMPTY = re.compile(r"[\s,]*")
_DIRECTIVE = re.compile(r'([^\s,="]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?\s*(?:,[\s,]*|$)')
LONGEST_S = 2**31
"""What RFC 9111 has larger numbers read as."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What a read is content with."""

    no_cache: bool = False
    """Ask the accounting system."""
    no_store: bool = False
    """Keep nothing of the answer."""
    only_if_cached: bool = False
    """Do not ask the accounting system."""
    max_age_s: int | None = None
    """A copy at most so old will do."""

    @property
    def fresh(self) -> bool:
        """Whether only a call that leaves from now on will do."""
        return self.no_cache or self.max_age_s == 0

    def content_with(self, age_s: float, promise_s: float) -> bool:
        """Whether a copy of this age will do, where nobody asked for one that is newer than `promise_s`."""
        if self.no_cache:
            return False
        if self.max_age_s is not None:
            return age_s <= self.max_age_s
        return self.only_if_cached or age_s <= promise_s


NOTHING = Wanted()


def wanted(request: Request[Any, Any, Any]) -> Wanted:
    """What `Cache-Control` says, in one header or several; directives that are not known change nothing.

    What cannot be read may have meant `no-cache`, so that is what it is taken for; in the same spirit
    RFC 9111, section 4.2.1, takes for stale what makes no sense.
    """
    lines = [value for name, value in request.scope["headers"] if name == b"cache-control"]
    return read(", ".join(line.decode("latin-1") for line in lines)) if lines else NOTHING


def read(text: str) -> Wanted:
    """See `wanted`. Of `max-age` told twice the smaller one counts, one without whole seconds is 0."""
    names: set[str] = set()
    ages: list[int] = []
    end = _EMPTY.match(text).end()  # pyright: ignore[reportOptionalMemberAccess]
    while end < len(text):
        directive = _DIRECTIVE.match(text, end)
        if directive is None:
            names.add("no-cache")
            break
        end = directive.end()
        name, argument = directive[1].lower(), (directive[2] or "").strip('"')
        names.add(name)
        if name == "max-age":
            ages.append(min(int(argument[:20]), LONGEST_S) if _SECONDS.fullmatch(argument) else 0)
    return Wanted(
        no_cache="no-cache" in names,
        no_store="no-store" in names,
        only_if_cached="only-if-cached" in names,
        max_age_s=min(ages) if ages else None,
    )


class Freshness(Struct, frozen=True, kw_only=True, rename="camel"):
    """How new an answer is."""

    source: str
    """`live`: read from the accounting system for this answer; `replica`: from Kontor's copy."""
    as_of: datetime
    """The accounting system had it so then (UTC)."""
    age_seconds: int
    """How long ago that is, as in the header Age."""
