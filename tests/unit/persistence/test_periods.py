"""Periods may be chosen, but not below what is promised, and not where Kontor itself relies on them."""

from datetime import timedelta

import pytest

from gateway.persistence.holdings import HOLDINGS, Holding
from gateway.persistence.periods import Periods, periods_of
from gateway.persistence.tables import audit_events, events, request_log, write_journal
from gateway.settings import Settings, SettingsError, with_defaults
from gateway.wiring import retention_of


def test_what_is_not_chosen_is_as_declared() -> None:
    chosen = periods_of(" request_log = 30 ,, audit_events=5000")

    assert chosen.age(request_log) == timedelta(days=30)
    assert chosen.age(audit_events) == timedelta(days=5000)
    assert chosen.age(events) == Periods().age(events) == timedelta(days=90)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("events=89", "events is kept 90 days or more, not '89'"),
        ("webhook_deliveries=29", "webhook_deliveries is kept 30 days or more"),
        ("audit_events=365", "audit_events is kept 3653 days or more"),
        ("inbound_events=7", "inbound_events is kept 8 days or more"),
        ("replica_rows=0", "replica_rows is kept 90 days or more"),
        ("request_log=0", "request_log is kept 1 days or more"),
        ("request_log=ten", "not 'ten'"),
        ("request_log=٣٠", "not"),
        ("request_log=-5", "not '-5'"),
        ("request_log", "not ''"),
        ("write_journal=60", "'write_journal' is none of"),
        ("tenants=1", "'tenants' is none of"),
        ("nosuch=1", "'nosuch' is none of"),
        ("=1", "is none of"),
    ],
)
def test_what_promises_too_little_or_cannot_be_chosen_is_refused(setting: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        periods_of(setting)


def test_a_gateway_with_such_a_setting_says_which_variable_it_is() -> None:
    settings = with_defaults(Settings(retention_days="events=1"), {})

    with pytest.raises(SettingsError, match=r"^KONTOR_RETENTION_DAYS: events is kept 90 days or more"):
        retention_of(settings)


@pytest.mark.parametrize("holding", HOLDINGS.values(), ids=lambda holding: holding.name)
def test_what_may_be_chosen_ends_by_its_age_and_is_kept_so_long_by_itself(holding: Holding) -> None:
    if holding.shortest is not None:
        assert holding.days is not None
        assert holding.days >= holding.shortest


def test_keys_of_writes_are_repeated_as_long_as_declared() -> None:
    assert Periods().age(write_journal) == timedelta(days=30)
