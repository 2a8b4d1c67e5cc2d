from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.webhooks.outbound.selecting import Event, Wanted


def event(type: str = "invoice.paid", **more: Any) -> Event:
    base: dict[str, Any] = {
        "id": "evt_1",
        "tenant_id": "ten_1",
        "environment": "test",
        "position": 1,
        "connection_id": "con_1",
        "resource": "invoices",
        "resource_id": "i-1",
        "sequence": 3,
        "version": "2",
        "changed": None,
        "occurred_at": datetime(2026, 11, 20, tzinfo=UTC),
    }
    return Event(type=type, **{**base, **more})


@pytest.mark.parametrize("type", ["invoice.paid", "sales-order.created", "webhook_endpoint.disabled"])
def test_without_filters_all_is_told(type: str) -> None:
    assert Wanted().takes(event(type))


def test_what_was_there_before_is_told_only_where_it_is_named() -> None:
    assert not Wanted().takes(event("invoice.loaded"))
    assert not Wanted(event_types=("invoice.*",)).takes(event("invoice.loaded"))
    assert Wanted(event_types=("invoice.*", "invoice.loaded")).takes(event("invoice.loaded"))


@pytest.mark.parametrize(
    ("pattern", "type", "taken"),
    [
        ("invoice.paid", "invoice.paid", True),
        ("invoice.paid", "invoice.partially_paid", False),
        ("invoice.*", "invoice.partially_paid", True),
        ("invoice.*", "down-payment-invoice.paid", False),
        ("credit-note.*", "invoice.paid", False),
    ],
)
def test_a_pattern_takes_its_own_subject(pattern: str, type: str, taken: bool) -> None:
    assert Wanted(event_types=(pattern,)).takes(event(type)) is taken


def test_connections_and_resources_narrow() -> None:
    assert Wanted(connection_ids=("con_1",), resources=("invoices",)).takes(event())
    assert not Wanted(connection_ids=("con_2",)).takes(event())
    assert not Wanted(resources=("quotes",)).takes(event())


def test_an_event_of_no_connection_passes_no_filter_of_connections() -> None:
    of_tenant = event("webhook_endpoint.disabled", connection_id=None, resource=None)

    assert Wanted().takes(of_tenant)
    assert not Wanted(connection_ids=("con_1",)).takes(of_tenant)
