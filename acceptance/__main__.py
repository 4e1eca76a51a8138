"""`make acceptance`: every check, one after the other, or those that are named.

python -m acceptance                        everything
python -m acceptance L2 A4                  some
python -m acceptance --without-control L2   its tooth: must end with FAIL and 1
"""

import asyncio
import importlib
import sys

ALL = {
    "L1": "flood",
    "L2": "overload",
    "L3": "noisy_tenant",
    "L4": "quotas",
    "L5": "slow_clients",
    "A4": "revocation",
    "A5": "rotation",
    "A6": "refreshing",
    "U2": "tampering",
}


def main() -> None:
    """Run the checks; 1 if any failed."""
    arguments = sys.argv[1:]
    controlled = "--without-control" not in arguments
    names = [name for name in arguments if not name.startswith("--")] or list(ALL)
    failed = False
    for name in names:
        module = importlib.import_module(f"acceptance.{ALL[name]}")
        for found in asyncio.run(module.run(controlled)):
            print(found, flush=True)
            failed = failed or found.passed is False
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
