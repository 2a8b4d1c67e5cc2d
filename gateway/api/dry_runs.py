"""`dryRun=true`: what a create, an update or an action would send and come to, without sending it."""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Raw

from connectors.base.errors import NOT_HELD, FieldError
from connectors.base.examination import Examination
from connectors.base.wire import Call as Outward
from gateway.api.call import Call
from gateway.api.resource_fields import FieldRule, action_rules, resource_meta
from gateway.dispatch import Perform
from gateway.dispatch.rehearsing import Preview, preview
from gateway.errors import Invalid
from schemas.base import Filters, Resource, Unified
from schemas.money import Percentage
from schemas.tax import TaxShare
from schemas.totals import Totals

NOTHING = Examination()


class WriteParameters(Filters, kw_only=True, frozen=True):
    """Query parameters of creates, updates and actions that take a body."""

    strict: Annotated[
        bool,
        Meta(
            description="Refuse values that the accounting system has no place for, instead of leaving them"
            " out with a warning in `meta.warnings`."
        ),
    ] = False
    dry_run: Annotated[
        bool,
        Meta(
            description="Answer 200 with what would be sent and come of it, and send nothing. Needs no"
            " Idempotency-Key."
        ),
    ] = False


class Outgoing(Unified, kw_only=True, frozen=True):
    """The call to the accounting system that was held back; the first one, where its answer leads to more."""

    method: str
    """HTTP method."""
    path: str
    """Below the accounting system's API."""
    query: dict[str, str]
    """Query parameters."""
    body: Any
    """In the accounting system's own words."""


class Finding(Unified, kw_only=True, frozen=True):
    """Something about a value."""

    field: str
    """Path in the body, or in the document that an action makes: `lines[0].taxRate`."""
    code: str
    """Constant name of what is wrong with it."""
    message: str
    """For people."""


class DryRun(Unified, kw_only=True, frozen=True):
    """What would happen. Nothing was sent; the accounting system may still find something of its own."""

    acceptable: bool
    """True when nothing is known that stands against it."""
    outgoing: Outgoing | None
    """What would be sent; None when it would not get that far."""
    totals: Totals | None
    """What it comes to, reckoned as the accounting system does; None where there is nothing to reckon."""
    tax_breakdown: list[TaxShare]
    """VAT by rate."""
    tax_rates_on: date | None
    """Day whose VAT rates hold."""
    tax_rates_allowed: list[Percentage] | None
    """Rates that would be taken; None where nobody can tell from the body alone."""
    required: list[str]
    """Fields that this connection asks for, as paths."""
    problems: list[Finding]
    """What stands against it."""
    warnings: list[Finding]
    """What would be left out, and what a person should look at."""


async def rehearse(call: Call, perform: Perform, resource: Resource) -> DryRun:
    """All of a write but its sending; updates and actions read the object as it stands.

    Raises:
        Invalid: it was to find before it creates, which a dry run does not.
    """
    if any(getattr(query, "match", None) for query in call.queries):
        message = "A dry run looks for nobody: leave it out."
        raise Invalid((FieldError(field="match", code="invalid", message=message),))
    found = await preview(call.rooms.dispatcher, perform)
    takes = perform.operation.takes is not None
    rules = action_rules(call, resource, perform.operation) if takes else resource_meta(call, resource).fields
    return dry_run(found, rules, strict=perform.strict)


def dry_run(found: Preview, rules: list[FieldRule], *, strict: bool) -> DryRun:
    """The preview in the caller's words."""
    examined = found.examination or NOTHING
    left_out = [] if strict else [error for error in found.misfits if error.code == NOT_HELD]
    problems = _once([e for e in found.misfits if e not in left_out] + list(examined.problems))
    return DryRun(
        acceptable=not problems,
        outgoing=_outgoing(found.call) if found.call else None,
        totals=examined.totals,
        tax_breakdown=list(examined.tax_breakdown),
        tax_rates_on=examined.relevant_on,
        tax_rates_allowed=None if examined.allowed_rates is None else list(examined.allowed_rates),
        required=[rule.path for rule in rules if rule.required],
        problems=problems,
        warnings=_once([*left_out, *found.left_out, *examined.warnings]),
    )


def _outgoing(call: Outward) -> Outgoing:
    return Outgoing(
        method=call.method,
        path=call.path,
        query=dict(call.params),
        body=Raw(call.content) if call.content else None,
    )


def _once(errors: list[FieldError]) -> list[Finding]:
    """Each field's complaint of a kind once: the write and its examination may both have it."""
    found: dict[tuple[str, str], FieldError] = {}
    for error in errors:
        found.setdefault((error.field, error.code), error)
    return [Finding(field=error.field, code=error.code, message=error.message) for error in found.values()]
