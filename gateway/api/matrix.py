"""What was found by probing and by the last green conformance run, as it is packaged: `openapi/*.json`.

Probing takes seconds of computing, so a gateway reads what `kontor openapi` wrote; a check compares both.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

READS = ("list", "get")


class FieldSupport(Struct, kw_only=True, rename="camel", frozen=True):
    """One field in one operation."""

    path: str
    """As in answers and errors, without numbers: `lines[].taxRate`."""
    level: str
    """`yes` or `no`."""
    reason: str | None
    """Why not, or what is taken only."""
    vendor_fields: list[str]
    """Where it comes from or goes to at the accounting system, found by changing one value at a time. Reads:
    `/v1/invoices/{id}#voucherNumber`; writes: the path in the body, parameters with a leading `?`.
    Empty where Kontor tells it by itself."""
    needs_credential: str | None
    """`oauth` where connections by API key are not told it."""


class FilterSupport(Struct, kw_only=True, rename="camel", frozen=True):
    """One query parameter of a list."""

    name: str
    """As in the query; of an order `sort=number`."""
    level: str
    """`yes`: the accounting system selects; `workaround`: see there; `no`."""
    workaround: str | None
    """What is done instead."""
    reason: str | None
    """Why not."""
    vendor_fields: list[str]
    """The accounting system's parameters that change with it."""
    required: bool
    """True when the list cannot be asked without it."""


class ResourceSupport(Struct, kw_only=True, rename="camel", frozen=True):
    """What was found of one resource."""

    read: list[FieldSupport] = []
    summary: list[FieldSupport] | None = None
    """Of the rows of `fields=summary`; None where rows are the same."""
    create: list[FieldSupport] | None = None
    update: list[FieldSupport] | None = None
    actions: dict[str, list[FieldSupport]] = {}
    """Of the bodies of actions, by operation."""
    filters: list[FilterSupport] = []

    def fields_of(self, operation: str) -> list[FieldSupport] | None:
        """The fields in an operation; None where it has none."""
        if operation in READS:
            return self.read
        return {"create": self.create, "update": self.update, **self.actions}.get(operation)

    def refused(self, operation: str) -> dict[str, str | None]:
        """Paths that never reach the vendor in an operation, and why. What holds nothing else is one, too."""
        fields = self.fields_of(operation) or []
        found = {field.path: field.reason for field in fields if field.level == "no"}
        for holder in {holder for path in found for holder in _holders(path)}:
            within = [field.path for field in fields if field.path.startswith((f"{holder}.", f"{holder}[]"))]
            if all(path in found for path in within):
                found.setdefault(holder, found[within[0]])
        return found


def _holders(path: str) -> list[str]:
    """`lines[].alternatives[].type` stands in `lines[].alternatives` and `lines`."""
    steps = path.split(".")
    return [".".join(steps[:end]).removesuffix("[]") for end in range(1, len(steps))]


class Verified(Struct, kw_only=True, rename="camel", frozen=True):
    """When an operation was last seen to work."""

    date: str
    """Day of the run."""
    commit: str
    """Commit that the run was made on; the report itself was committed after it."""
    checks: int
    """Tests that called it, all green."""


class Report(Struct, kw_only=True, rename="camel", frozen=True):
    """The last green conformance run."""

    date: str
    commit: str
    tests: int
    checks: dict[str, dict[str, int]]
    """Tests by connector and `resource.operation`."""


class Matrix(Struct, frozen=True, kw_only=True):
    """What is packaged."""

    support: Mapping[str, Mapping[str, ResourceSupport]]
    report: Report | None = None

    def of(self, connector: str, resource: str) -> ResourceSupport:
        """What was found of a resource; nothing of one that was never probed."""
        return self.support.get(connector, {}).get(resource, ResourceSupport())

    def verified(self, connector: str, resource: str, operation: str) -> Verified | None:
        """The last green run, if it called the operation."""
        if self.report is None:
            return None
        checks = self.report.checks.get(connector, {}).get(f"{resource}.{operation}")
        return Verified(date=self.report.date, commit=self.report.commit, checks=checks) if checks else None


class _Packaged(Struct, frozen=True):
    """A connector in `openapi/capabilities.json`; the rest of it is derived when asked."""

    resources: dict[str, "_PackagedResource"]


class _PackagedResource(Struct, frozen=True):
    support: ResourceSupport


@cache
def packaged() -> Matrix:
    """The files of this release."""
    folder = files("openapi")
    report = folder / "conformance.json"
    connectors = msgspec.json.decode((folder / "capabilities.json").read_bytes(), type=dict[str, _Packaged])
    return Matrix(
        support={
            connector: {name: resource.support for name, resource in found.resources.items()}
            for connector, found in connectors.items()
        },
        report=msgspec.json.decode(report.read_bytes(), type=Report) if report.is_file() else None,
    )
