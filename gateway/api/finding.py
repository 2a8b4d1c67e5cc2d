"""Find or create: `?match=…` on a create looks for the party first, and creates only when there is none."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from connectors.base.errors import FieldError
from connectors.base.operations import OPERATIONS
from connectors.base.paging import ListQuery, Page, Record
from gateway.api.call import Call
from gateway.dispatch import Perform
from gateway.errors import AmbiguousMatch, Invalid
from gateway.matching.parties import Evidence
from gateway.matching.search import CRITERIA, Candidate, Found, decide, searches
from schemas.base import Filters, Unified

MOST_FOUND = 250
NAMES = "|".join(CRITERIA)
NUMBER = Meta(max_length=20, pattern=r"^\d+$", description="The number to match, with `match=number`.")

Run = Callable[[Perform], Awaitable[Any]]


class MatchParameters(Filters, kw_only=True, frozen=True):
    """Query parameters of a create that may find instead."""

    match: (
        Annotated[
            str,
            Meta(
                max_length=40,
                pattern=rf"^({NAMES})(,({NAMES}))*$",
                description="Look first: by `email`, `number`, `name`, comma-separated. One certain match is "
                "answered with 200, doubt with 409 and the candidates, none is created.",
            ),
        ]
        | None
    ) = None
    number: Annotated[str, NUMBER] | None = None
    on_ambiguous: Annotated[
        Literal["fail", "create"],
        Meta(description="`create`: in doubt make a new one, and name the candidates in `meta.warnings`."),
    ] = "fail"


def check(parameters: MatchParameters) -> None:
    """Raises Invalid when the parameters do not belong together."""
    criteria = (parameters.match or "").split(",")
    if parameters.match is None and parameters.on_ambiguous == "create":
        message = "It says what to do where `match` is in doubt: give both."
        raise Invalid((FieldError(field="onAmbiguous", code="invalid", message=message),))
    if ("number" in criteria) != (parameters.number is not None):
        message = "`match=number` and `number` belong together."
        raise Invalid((FieldError(field="number", code="required", message=message),))


async def find(call: Call, perform: Perform, parameters: MatchParameters, run: Run) -> Found[Record[Any]]:
    """Search, and compare. One list call a question; the first 250 hits of each are looked at.

    Raises:
        AmbiguousMatch: doubt, unless the caller said to create then.
    """
    assert parameters.match is not None
    criteria = parameters.match.split(",")
    records: dict[str, Record[Any]] = {}
    for filters in searches(call.body, criteria, parameters.number):
        listed: Page[Any] = await run(
            msgspec.structs.replace(
                perform,
                operation=OPERATIONS["list"],
                query=ListQuery(filters=filters, limit=MOST_FOUND),
            )
        )
        records |= {record.data.id: record for record in listed.records}
    found = decide(call.body, [(record, record.data) for record in records.values()], parameters.number)
    if found.doubtful and parameters.on_ambiguous == "fail":
        raise AmbiguousMatch([shown(candidate) for candidate in found.doubtful])
    return found


class Shown(Unified, kw_only=True, frozen=True):
    """A party that may be meant, or is."""

    id: str
    """The vendor's id."""
    number: str | None
    """Its number at the vendor."""
    name: str
    """Its name."""
    score: int
    """Points of all evidence."""
    evidence: tuple[Evidence, ...]
    """What speaks for and against."""
    contradictions: tuple[str, ...]
    """Why it is not certain, for people."""


class Similar(Shown, kw_only=True, frozen=True):
    """A warning: another party that could be taken for the new one."""

    code: Literal["similar_exists"] = "similar_exists"
    """Tells such a warning from those about fields."""


def shown(candidate: Candidate[Any], kind: type[Shown] = Shown) -> dict[str, Any]:
    """A candidate in an answer, as a `kind`."""
    return msgspec.to_builtins(
        kind(
            id=candidate.party.id,
            number=candidate.party.number,
            name=candidate.party.name,
            score=candidate.comparison.score,
            evidence=candidate.comparison.evidence,
            contradictions=candidate.comparison.contradictions,
        )
    )
