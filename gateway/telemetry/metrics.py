"""Prometheus metrics, on a port of their own. Labels are route templates and targets, never ids."""

from collections.abc import Callable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from gateway.telemetry.calls import UpstreamCall

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What this process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests answered.", "method", "route", "status")
        self._duration = self._histogram("request_seconds", "Time to answer.", "route")
        self._calls = self._counter(
            "upstream_calls", "Calls to accounting systems.", "target", "purpose", "outcome"
        )
        self._call_duration = self._histogram("upstream_seconds", "Time of a call.", "target")
        self._vendor_events = self._counter(
            "vendor_events", "Callbacks of accounting systems.", "target", "outcome"
        )
        self._waits = self._histogram("queue_wait_seconds", "Time waited for a slot.", "target")
        self._degraded = Gauge(
            "kontor_scheduler_degraded", "1 while slots are not shared through Redis.", registry=self.registry
        )
        self._degraded.set(0)
        self._parked = Gauge(
            "kontor_jobs_parked", "Jobs that failed for good and wait for somebody.", registry=self.registry
        )
        self._host_clock = Gauge(
            "kontor_host_clock_ahead_seconds",
            "How far this host's clock is ahead of the database's, which counts.",
            registry=self.registry,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request. `route` is its template."""
        self._requests(method, route, str(status)).inc()
        self._duration(route).observe(seconds)

    def upstream_call(self, call: UpstreamCall) -> None:
        """One call to a vendor."""
        self._calls(call.target, call.purpose, str(call.failure or call.status)).inc()
        self._call_duration(call.target).observe(call.duration_s)
        self._waits(call.target).observe(call.waited_s)

    def vendor_event(self, target: str, outcome: str) -> None:
        """One callback, and what came of it."""
        self._vendor_events(target, outcome).inc()

    def degraded(self, is_degraded: bool) -> None:
        """Whether the scheduler works without what it shares with other processes."""
        self._degraded.set(1 if is_degraded else 0)

    def parked_jobs(self, count: int) -> None:
        """How many jobs wait to be begun anew by somebody."""
        self._parked.set(count)

    def host_clock(self, ahead_s: float) -> None:
        """How far the host's clock is ahead of the one that counts."""
        self._host_clock.set(ahead_s)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve `/metrics` from a thread; what ends it."""
        server, thread = start_http_server(port, addr=host, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop

    def _counter(self, name: str, text: str, *labels: str) -> Callable[..., Counter]:
        # The library makes and checks names at every look-up of a series: three times the cost of counting.
        return cache(Counter(f"kontor_{name}_total", text, labels, registry=self.registry).labels)

    def _histogram(self, name: str, text: str, *labels: str) -> Callable[..., Histogram]:
        histogram = Histogram(f"kontor_{name}", text, labels, buckets=SECONDS, registry=self.registry)
        return cache(histogram.labels)
