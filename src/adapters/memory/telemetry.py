"""Telemetry in a dictionary, for tests and for deployments that want none."""

from collections import Counter

from attrs import define, field

from ...ports.telemetry import FinishedRequest


@define
class RecordingTelemetry:
    """Remembers how often each thing happened, by name and labels."""

    counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = field(factory=Counter, init=False)
    requests: list[FinishedRequest] = field(factory=list, init=False)
    active: int = field(default=0, init=False)

    def request_finished(self, finished: FinishedRequest) -> None:
        self.requests.append(finished)

    def active_requests(self, delta: int) -> None:
        self.active += delta

    def count(self, name: str, **labels: str) -> None:
        self.counts[name, tuple(sorted(labels.items()))] += 1

    def exposition(self) -> tuple[bytes, str]:
        lines = [f"{name} {dict(labels)} {count}" for (name, labels), count in self.counts.items()]
        return "\n".join(lines).encode(), "text/plain; charset=utf-8"
