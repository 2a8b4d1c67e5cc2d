"""Where to look for a party, and what to make of those found."""

from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

from msgspec import Struct, structs

from gateway.matching.names import LEGAL_FORMS, plain
from gateway.matching.parties import Comparison, Evidence, compare, traits
from schemas.parties import Party, PartyFilters, PartyInput

T = TypeVar("T")

CRITERIA: Final = ("email", "number", "name")
SHORTEST_WORD: Final = 3
"""Characters that vendors search for at least."""
MOST_MAILS: Final = 3


class Candidate(Struct, Generic[T], frozen=True, kw_only=True):
    """A party that exists, and how it compares."""

    record: T
    party: Party
    comparison: Comparison


class Found(Struct, Generic[T], frozen=True, kw_only=True):
    """What the search came to: `match` when exactly one is certain."""

    match: Candidate[T] | None
    doubtful: tuple[Candidate[T], ...]
    """Without a match: whom a person has to look at. Most likely one first."""
    namesakes: tuple[Candidate[T], ...]
    """Of the same name, yet certainly others."""


def searches(body: PartyInput, criteria: Sequence[str], number: str | None) -> Iterator[PartyFilters]:
    """One search a question. The vendor's own are by part and ignore case; the comparison decides."""
    if "number" in criteria and number:
        yield PartyFilters(number=number)
    if "email" in criteria:
        for mail in sorted(traits(body).emails)[:MOST_MAILS]:
            yield PartyFilters(email=mail)
    if "name" in criteria and (word := telling_word(body)):
        yield PartyFilters(name=word)


def telling_word(body: PartyInput) -> str | None:
    """The longest word of the name as typed, if possible one without umlauts: those are spelled two ways."""
    name = body.company.name if body.company else body.person.last_name if body.person else ""
    words = [word.strip(".,;()") for word in name.split()]
    telling = [word for word in words if len(word) >= SHORTEST_WORD and plain(word) not in LEGAL_FORMS]
    return max(telling, key=lambda word: (word.isascii(), len(word)), default=None)


def decide(body: PartyInput, parties: Sequence[tuple[T, Party]], number: str | None) -> Found[T]:
    """`parties` without repetition."""
    asked = traits(body)
    candidates = [
        Candidate(
            record=record, party=party, comparison=_judged(compare(asked, traits(party)), party, number)
        )
        for record, party in parties
    ]
    candidates.sort(key=lambda candidate: -candidate.comparison.score)
    certain = [c for c in candidates if c.comparison.verdict == "same"]
    doubtful = [c for c in candidates if c.comparison.verdict != "different"]
    match = certain[0] if len(certain) == 1 else None
    return Found(
        match=match,
        doubtful=() if match else tuple(doubtful),
        namesakes=tuple(c for c in candidates if c.comparison.similar),
    )


def _judged(comparison: Comparison, party: Party, number: str | None) -> Comparison:
    """A number is the vendor's own key and proves who it is; an archived party is not to be used unasked."""
    if number is not None and party.number == number:
        proof = Evidence(code="number", points=100, detail=f"The number {number} is the same.")
        comparison = Comparison(
            verdict="same", score=comparison.score + proof.points, evidence=(proof, *comparison.evidence)
        )
    if party.archived and comparison.verdict == "same":
        against = (*comparison.contradictions, "It is archived.")
        return structs.replace(comparison, verdict="possible", contradictions=against)
    return comparison
