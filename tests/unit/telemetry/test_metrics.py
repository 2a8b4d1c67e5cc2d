"""What is counted, under which names, and that it can be fetched."""

import socket
from urllib.request import urlopen

import msgspec
import pytest
from prometheus_client import generate_latest

from gateway.telemetry.metrics import Metrics
from tests.machine import ROOT
from tests.unit.telemetry.test_log import CALL


def series(metrics: Metrics) -> dict[str, float]:
    """Name and labels to value, as served."""
    text = generate_latest(metrics.registry).decode()
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_requests_are_counted_by_method_route_and_status() -> None:
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.request("GET", "/v1/accounting/invoices/{id}", status, 0.02)
    told = series(metrics)
    labels = 'method="GET",route="/v1/accounting/invoices/{id}"'

    assert told[f'kontor_requests_total{{{labels},status="200"}}'] == 2
    assert told[f'kontor_requests_total{{{labels},status="404"}}'] == 1
    assert told['kontor_request_seconds_count{route="/v1/accounting/invoices/{id}"}'] == 3
    assert told['kontor_request_seconds_bucket{le="0.025",route="/v1/accounting/invoices/{id}"}'] == 3


def test_vendor_calls_are_counted_by_target_purpose_and_outcome_with_their_waits() -> None:
    metrics = Metrics()
    metrics.upstream_call(CALL)
    metrics.upstream_call(msgspec.structs.replace(CALL, status=None, failure="outcome_unknown"))
    told = series(metrics)
    labels = 'purpose="invoices.get",target="lexoffice-sandbox"'

    assert told[f'kontor_upstream_calls_total{{outcome="200",{labels}}}'] == 1
    assert told[f'kontor_upstream_calls_total{{outcome="outcome_unknown",{labels}}}'] == 1
    assert told['kontor_queue_wait_seconds_sum{target="lexoffice-sandbox"}'] == 1.0
    assert told['kontor_upstream_seconds_count{target="lexoffice-sandbox"}'] == 2


@pytest.mark.parametrize(("is_degraded", "value"), [(True, 1), (False, 0)])
def test_a_schedule_without_redis_shows(is_degraded: bool, value: float) -> None:
    metrics = Metrics()
    metrics.degraded(is_degraded)

    assert series(metrics)["kontor_scheduler_degraded"] == value


def test_jobs_that_wait_for_somebody_show() -> None:
    metrics = Metrics()
    metrics.parked_jobs(3)

    assert series(metrics)["kontor_jobs_parked"] == 3


def test_the_guide_for_operators_names_every_metric() -> None:
    names = {family.name.removesuffix("_total") for family in Metrics().registry.collect()}
    guide = (ROOT / "docs" / "guide" / "running.md").read_text()

    assert {name for name in names if name not in guide} == set()


def test_two_gateways_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.request("GET", "/v1/targets", 200, 0.01)

    assert not any("requests_total" in name for name in series(other))


def test_no_series_carries_an_id() -> None:
    metrics = Metrics()
    metrics.upstream_call(CALL)

    assert not any("con_1" in name or "abc-1" in name for name in series(metrics))


def test_metrics_are_served_until_they_are_stopped(unused_port: int) -> None:
    metrics = Metrics()
    stop = metrics.serve("127.0.0.1", unused_port)
    try:
        with urlopen(f"http://127.0.0.1:{unused_port}/metrics") as answer:
            body = answer.read()
    finally:
        stop()

    assert b"kontor_scheduler_degraded 0.0" in body
    with pytest.raises(OSError):
        urlopen(f"http://127.0.0.1:{unused_port}/metrics")


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
