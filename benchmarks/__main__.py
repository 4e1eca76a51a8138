"""`make bench`: every benchmark, one after the other, or those that are named."""

import asyncio
import importlib
import sys

ALL = (
    "edge",
    "access",
    "limits",
    "audit",
    "event_log",
    "request_cost",
    "comparisons",
    "health",
    "health_store",
    "power",
    "power_year",
    "event_intake",
    "ingest",
    "sample_events",
    "event_store",
    "questions",
    "connections",
)


def main() -> None:
    """Run them and print their figures."""
    for name in sys.argv[1:] or ALL:
        print(f"\n{name}")
        module = importlib.import_module(f"benchmarks.{name}")
        with asyncio.Runner(loop_factory=getattr(module, "loop_factory", None)) as runner:
            for figure in runner.run(module.run()):
                print(f"  {figure}", flush=True)


if __name__ == "__main__":
    main()
