"""What may be named in filters of events, and that nothing else is ever told."""

from pathlib import Path

import pytest

import gateway
from gateway.api.event_types import event_types, why_unknown
from schemas import RESOURCES

TYPES = set(event_types(RESOURCES))
TELLERS = {
    "feed/changes.py": {"invoice.paid", "credit-note.deleted", "item.loaded"},
    "jobs/batch_rows.py": {"batch.finished", "batch.cancelled"},
    "tenants/connections.py": {"connection.connected", "connection.reconnect_required"},
    "webhooks/outbound/disabling.py": {"webhook_endpoint.disabled"},
    "writes/settlement.py": {"operation.needs_decision", "operation.settled"},
}
"""Modules that write events, and types of theirs."""


def test_whoever_tells_of_events_is_asked_for_its_types() -> None:
    room = Path(gateway.__file__).parent
    telling = {
        path.relative_to(room).as_posix()
        for path in room.rglob("*.py")
        if "persistence.event_log import tell" in path.read_text()
    }

    assert telling == TELLERS.keys()
    for types in TELLERS.values():
        assert types <= TYPES


@pytest.mark.parametrize("named", ["invoice.paid", "invoice.*", "credit-note.loaded", "webhook_endpoint.*"])
def test_what_is_told_may_be_named(named: str) -> None:
    assert why_unknown(named, RESOURCES) is None


@pytest.mark.parametrize(
    "named",
    ["invoice", "*", "*.paid", "invoice.", "Invoice.paid", "invoice.paid*", "a b.c", "item.paid", "", "."],
)
def test_what_names_no_type_is_refused(named: str) -> None:
    assert why_unknown(named, RESOURCES) is not None


def test_what_has_no_state_of_payment_is_never_told_as_paid() -> None:
    assert {type for type in TYPES if type.startswith("item.")} == {
        f"item.{kind}" for kind in ("loaded", "created", "updated", "deleted")
    }
