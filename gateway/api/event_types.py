"""Every type that an event of the feed may have, from what each of those who tell declares."""

from collections.abc import Iterator, Mapping
from typing import get_args

from gateway.feed.changes import types_of
from gateway.feed.reading import ANY
from gateway.jobs.batch_rows import ENDED
from gateway.replica.rows import keeps
from gateway.tenants.model import State
from gateway.webhooks.outbound.disabling import DISABLED
from gateway.writes.settlement import Verb
from schemas.base import Resource


def event_types(resources: Mapping[str, Resource]) -> Iterator[str]:
    """In the order in which they are shown."""
    for resource in resources.values():
        if keeps(resource):
            yield from types_of(resource)
    yield from (f"connection.{state}" for state in get_args(State))
    yield from (f"operation.{verb}" for verb in get_args(Verb))
    yield from (f"batch.{state}" for state in ENDED)
    yield DISABLED


def why_unknown(named: str, resources: Mapping[str, Resource]) -> str | None:
    """What is wrong with a type that a filter names, and what there is instead; None: nothing."""
    known: dict[str, list[str]] = {}
    for type in event_types(resources):
        noun, _, happening = type.partition(".")
        known.setdefault(noun, []).append(happening)
    noun, dot, happening = named.partition(".")
    if noun not in known or not dot:
        return f"There is no {named!r}. Types begin with {', '.join(sorted(known))}, and go on after a dot."
    if happening in known[noun] or named == noun + ANY:
        return None
    return f"There is no {named!r}. Of {noun!r} there are {', '.join(known[noun])}, and * for all."
