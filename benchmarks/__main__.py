"""`make bench`: every benchmark, one after the other, or those that are named."""

import asyncio
import importlib
import sys

ALL = ("edge", "comparisons", "health", "power", "connections")


def main() -> None:
    """Run them and print their figures."""
    for name in sys.argv[1:] or ALL:
        print(f"\n{name}")
        for figure in asyncio.run(importlib.import_module(f"benchmarks.{name}").run()):
            print(f"  {figure}", flush=True)


if __name__ == "__main__":
    main()
