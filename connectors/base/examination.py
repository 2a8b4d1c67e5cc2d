"""What a connector says of a write before it is sent, and what limits its vendor sets to a field."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from connectors.base.errors import FieldError
from connectors.base.needs import Access
from connectors.base.wire import Call
from schemas.base import Input
from schemas.tax import TaxShare
from schemas.totals import Totals


class Examination(Struct, frozen=True, kw_only=True):
    """What can be told without the vendor."""

    totals: Totals | None = None
    """What the lines come to; None where they do not say enough."""
    tax_breakdown: tuple[TaxShare, ...] = ()
    relevant_on: date | None = None
    """Day whose VAT rates hold."""
    allowed_rates: tuple[Decimal, ...] | None = None
    """Rates that the vendor takes on that day; None where that depends on more than the document says."""
    problems: tuple[FieldError, ...] = ()
    """What the vendor would refuse, beyond what the write itself finds."""
    warnings: tuple[FieldError, ...] = ()
    """What it would take, and a person should look at."""


class Limit(Struct, frozen=True, kw_only=True):
    """What holds for a field over this connection, beyond what the model says."""

    values: tuple[str, ...] | None = None
    """The only values taken."""
    most: int | None = None
    """Entries of a list at most."""
    required: bool | None = None
    """True where the vendor asks for it although the model does not."""
    writable: bool = True
    reason: str
    """Why."""


class Examines(Protocol):
    """A connector resource that can say more than that a write would be sent. All of it is pure."""

    def examine(self, body: Input) -> Examination:
        """What is known of an object that would be written."""
        ...

    def examine_sent(self, call: Call) -> Examination:
        """What is known of what an action would write: it makes its body of what it has read."""
        ...

    @staticmethod
    def limits(access: Access) -> Mapping[str, Limit]:
        """Of what is created and updated, by path: `lines[].taxRate`."""
        ...

    @staticmethod
    def action_limits(access: Access) -> Mapping[str, Mapping[str, Limit]]:
        """Of what actions take, by operation and path."""
        ...
