import re

from prometheus_client.parser import text_string_to_metric_families

from sightline import __version__
from sightline.adapters.telemetry.prometheus import PrometheusTelemetry
from sightline.ports.telemetry import FinishedRequest


def figures(telemetry: PrometheusTelemetry) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    body, _ = telemetry.exposition()
    families = text_string_to_metric_families(body.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def labels(**pairs: str) -> frozenset[tuple[str, str]]:
    return frozenset(pairs.items())


def finished(status: int, seconds: float) -> FinishedRequest:
    return FinishedRequest("GET", "/api/v1/x/{id}", status, seconds, "r", "t", "acme", "k")


REQUEST = labels(
    http_request_method="GET", http_route="/api/v1/x/{id}", http_response_status_code="200"
)
DURATION = "http_server_request_duration_seconds"


def test_requests_are_timed_by_method_route_and_status() -> None:
    telemetry = PrometheusTelemetry()
    telemetry.request_finished(finished(200, 0.004))
    telemetry.request_finished(finished(200, 0.06))
    telemetry.request_finished(finished(500, 20.0))
    seen = figures(telemetry)
    assert seen[f"{DURATION}_count", REQUEST] == 2
    assert abs(seen[f"{DURATION}_sum", REQUEST] - 0.064) < 1e-9
    assert seen[f"{DURATION}_bucket", REQUEST | labels(le="0.005")] == 1
    assert seen[f"{DURATION}_bucket", REQUEST | labels(le="0.075")] == 2


def test_requests_in_flight_go_up_and_down() -> None:
    telemetry = PrometheusTelemetry()
    for delta in (1, 1, -1):
        telemetry.active_requests(delta)
    assert figures(telemetry)["http_server_active_requests", labels()] == 1


def test_anything_may_be_counted_with_and_without_labels() -> None:
    telemetry = PrometheusTelemetry()
    telemetry.count("market.calls", outcome="ok")
    telemetry.count("market.calls", outcome="ok")
    telemetry.count("market.calls", outcome="timeout")
    telemetry.count("imports")
    seen = figures(telemetry)
    assert seen["sightline_market_calls_total", labels(outcome="ok")] == 2
    assert seen["sightline_market_calls_total", labels(outcome="timeout")] == 1
    assert seen["sightline_imports_total", labels()] == 1


def test_two_deployments_in_one_process_count_apart() -> None:
    one, other = PrometheusTelemetry(), PrometheusTelemetry()
    one.count("imports")
    assert ("sightline_imports_total", labels()) not in figures(other)


def test_it_says_what_is_running_in_the_format_that_is_fetched() -> None:
    body, media_type = PrometheusTelemetry().exposition()
    assert media_type.startswith("text/plain; version=")
    assert re.search(rf'sightline_build_info{{.*version="{__version__}".*}} 1.0', body.decode())
