"""Figures in the text format that Prometheus fetches."""

import platform
from collections.abc import Callable

from attrs import define, field
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from ... import __version__
from ...ports.telemetry import FinishedRequest

#: Upper bounds of the request histogram. [s]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()  # our own: the global one collects whatever is imported
    build = Info("sightline_build", "What is running.", registry=registry)
    build.info({"version": __version__, "python": platform.python_version()})
    return registry


@define
class PrometheusTelemetry:
    """Counts in a registry of its own; names follow OpenTelemetry's, dots as underscores.

    Args:
        write_line: What else is told of every request: the log.
    """

    write_line: Callable[[FinishedRequest], None] = field(default=lambda finished: None)
    _series: dict[tuple[str, str, str], Histogram] = field(factory=dict, init=False)
    _registry: CollectorRegistry = field(factory=_registry, init=False)
    _durations: Histogram = field(init=False)
    _active: Gauge = field(init=False)
    _counters: dict[str, Counter] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._durations = Histogram(
            "http_server_request_duration_seconds",
            "Time to answer a request.",
            ("http_request_method", "http_route", "http_response_status_code"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._active = Gauge(
            "http_server_active_requests", "Requests being answered.", registry=self._registry
        )

    def request_finished(self, finished: FinishedRequest) -> None:
        labels = (finished.method, finished.route, str(finished.status))
        series = self._series.get(labels)
        if series is None:
            series = self._series[labels] = self._durations.labels(*labels)
        series.observe(finished.seconds)
        self.write_line(finished)

    def active_requests(self, delta: int) -> None:
        self._active.inc(delta)

    def count(self, name: str, **labels: str) -> None:
        counter = self._counters.get(name)
        if counter is None:
            metric = f"sightline_{name.replace('.', '_')}"
            counter = Counter(
                metric, f"How often: {name}.", sorted(labels), registry=self._registry
            )
            self._counters[name] = counter
        (counter.labels(**labels) if labels else counter).inc()

    def exposition(self) -> tuple[bytes, str]:
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
