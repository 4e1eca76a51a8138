import json
import subprocess
import sys
from datetime import datetime

import pytest

SCRIPT = """
import logging, sys, structlog
from sightline.bootstrap import start_logging
start_logging(sys.argv[1], sys.argv[2])
log = structlog.get_logger("access")
log.debug("unseen")
log.info("request_finished", method="GET", route="/api/{id}", status=200, tenant="acme",
         key="k1", duration_ms=1.5, trace_id=None, note="one\\r\\ntwo\\x1b[31m\\u2028")
log.info("leak", authorization="Bearer x", secret="y", text="key sl_live_abc_def of acme")
logging.getLogger("some.library").warning("sl_live_abc_def\\nfake line")
logging.getLogger("httpx").info("GET http://host/?token=1")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("request_failed")
"""


def lines(level: str, form: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, level, form], capture_output=True, text=True, check=True
    )
    assert run.stdout == ""
    return run.stderr.splitlines()


@pytest.fixture(scope="module")
def objects() -> list[dict[str, object]]:
    return [json.loads(line) for line in lines("info", "json")]


def test_every_line_is_one_object_with_the_common_fields(objects: list[dict[str, object]]) -> None:
    assert [line["event"] for line in objects][:2] == ["request_finished", "leak"]
    assert len(objects) == 4
    for line in objects:
        assert line["service.name"] == "sightline"
        assert line["level"] in {"info", "warning", "error"}
        at = datetime.fromisoformat(str(line["ts"]))
        assert at.utcoffset() is not None
        assert str(line["ts"]).endswith("Z")


def test_fields_are_called_what_open_telemetry_calls_them(
    objects: list[dict[str, object]],
) -> None:
    assert {
        name: value
        for name, value in objects[0].items()
        if name not in {"ts", "service.name", "service.version", "note", "level", "event"}
    } == {
        "http.request.method": "GET",
        "http.route": "/api/{id}",
        "http.response.status_code": 200,
        "tenant.id": "acme",
        "actor.id": "k1",
        "duration_ms": 1.5,
    }


def test_what_is_secret_by_name_or_form_is_taken_out(objects: list[dict[str, object]]) -> None:
    leak = objects[1]
    assert leak["authorization"] == leak["secret"] == "[redacted]"
    assert leak["text"] == "key sl_[redacted] of acme"
    assert objects[2]["event"] == "sl_[redacted]\nfake line"


def test_an_exception_carries_its_trace(objects: list[dict[str, object]]) -> None:
    assert "ZeroDivisionError: division by zero" in str(objects[3]["exception"])


def test_no_caller_can_write_a_line_of_its_own_on_a_console() -> None:
    console = lines("info", "console")
    assert "\\x0d\\x0atwo\\x1b[31m\\x2028" in console[0]
    assert "leak" in console[1]
    assert "fake line" in console[2]
    assert "sl_live" not in "".join(console)


def test_the_level_says_from_how_grave_on() -> None:
    assert [json.loads(line)["level"] for line in lines("warning", "json")] == ["warning", "error"]


WARNING = """
import sys
from sightline.adapters.telemetry.logs import start_logging, tell_warning
tell_warning("row_security_bypassed", tables=1)
start_logging("info", "json")
tell_warning("row_security_bypassed", tables=2)
"""


def test_a_warning_is_a_line_once_there_is_a_log_and_never_in_a_commands_answer() -> None:
    run = subprocess.run(
        [sys.executable, "-c", WARNING], capture_output=True, text=True, check=True
    )
    assert run.stdout == ""
    line = json.loads(run.stderr)
    assert (line["event"], line["level"], line["tables"]) == ("row_security_bypassed", "warning", 2)
