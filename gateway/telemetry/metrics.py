"""Prometheus metrics, on a port of their own. Labels are route templates and targets, never ids."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from gateway.telemetry.calls import UpstreamCall

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What this process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "kontor_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._duration = Histogram(
            "kontor_request_seconds", "Time to answer.", ("route",), buckets=SECONDS, registry=self.registry
        )
        self._calls = Counter(
            "kontor_upstream_calls_total",
            "Calls to accounting systems.",
            ("target", "purpose", "outcome"),
            registry=self.registry,
        )
        self._call_duration = Histogram(
            "kontor_upstream_seconds", "Time of a call.", ("target",), buckets=SECONDS, registry=self.registry
        )
        self._waits = Histogram(
            "kontor_queue_wait_seconds",
            "Time waited for a slot.",
            ("target",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._degraded = Gauge(
            "kontor_scheduler_degraded", "1 while slots are not shared through Redis.", registry=self.registry
        )
        self._degraded.set(0)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._duration.labels(route).observe(seconds)

    def upstream_call(self, call: UpstreamCall) -> None:
        """One call to a vendor."""
        self._calls.labels(call.target, call.purpose, str(call.failure or call.status)).inc()
        self._call_duration.labels(call.target).observe(call.duration_s)
        self._waits.labels(call.target).observe(call.waited_s)

    def degraded(self, is_degraded: bool) -> None:
        """Whether the scheduler works without what it shares with other processes."""
        self._degraded.set(1 if is_degraded else 0)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve `/metrics` from a thread; what ends it."""
        server, thread = start_http_server(port, addr=host, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop
