# mypy: allow-untyped-calls
"""ClickHouse (as chDB) in a process of its own: it keeps one data folder per process.

Reads a statement as JSON per line, answers with its rows or its error as JSON per line.
"""

import json
import sys

from chdb.session import Session


def main(folder: str) -> None:
    """Answer until there is nothing more to read."""
    session = Session(folder)
    for line in sys.stdin:
        try:
            text = str(session.query(json.loads(line), "JSONCompact"))
            answer = {"rows": json.loads(text)["data"] if text else []}
        except Exception as error:  # whatever the engine says is an answer
            answer = {"error": str(error)}
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
