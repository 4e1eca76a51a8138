"""The HTTP server of a deployment: its limits, its processes and how it stops."""

import asyncio
import ctypes
import gc
import multiprocessing
import os
import platform
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from ..bootstrap import computing_threads, start_logging
from .listening import check_address
from .settings import Settings, read_settings

#: Request line and headers together; more is answered with 431. [bytes]
LARGEST_HEAD = 65_536
#: From the first byte of a request to the end of its headers; the server closes a
#: connection that has been idle for as long, too. [ms]
HEAD_DEADLINE = 9_000
#: Open connections that one process serves at once.
CONNECTIONS = 15_000


def serve(settings: Settings, when_started: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGINT or SIGTERM; a second signal stops at once.

    Args:
        settings: What an operator decided.
        when_started: Called once in this process when the serving ones are running.

    Raises:
        CannotListen: If the address is in use, foreign or not allowed.
        SystemExit: With 1, if a serving process failed.
    """
    check_address(settings.host, settings.port)
    _allow_connections()
    server = _Server(
        "sightline",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        http=HTTPModes.http1,
        websockets=False,
        backlog=4096,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_DEADLINE, max_buffer_size=LARGEST_HEAD
        ),
        workers_kill_timeout=settings.stop_deadline_seconds,
        log_level=LogLevels.warning,
        # What the server has to say goes the way of all lines.
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {}},
    )
    # Given as a function: naming a module would put the working directory on the path.
    server.when_started = when_started
    server.serve(target_loader=_load, wrap_loader=False)


#: How long a thread may compute before another one gets the interpreter; 5 ms in Python. [s]
TURN_SECONDS = 0.0005


def let_the_loop_go_first() -> None:
    """Keep threads that compute from holding up the running event loop; call it once started.

    A light request goes through some ten hands, each of which waits for the interpreter and
    for a core.
    """
    sys.setswitchinterval(TURN_SECONDS)
    asyncio.get_running_loop().set_default_executor(computing_threads())


#: How `mallopt` of glibc names the most heaps, and how many they are.
_HEAPS = (-8, 2)


def share_heaps() -> None:
    """Have threads share two heaps instead of one for each; call it before they begin.

    What a thread gives back to its own heap is of no use to others: after many had asked about
    ten million events at once, a process was 90 MB larger. Left alone where `MALLOC_ARENA_MAX`
    says otherwise, and by C libraries that are not glibc.
    """
    if platform.libc_ver()[0] == "glibc" and "MALLOC_ARENA_MAX" not in os.environ:
        ctypes.CDLL(None).mallopt(*_HEAPS)


def settle_garbage_collector() -> None:
    """Keep the collector from walking over what stays for good; call it once started.

    With ten thousand open connections this takes the 99th percentile from 184 to 7 ms;
    scoring a portfolio takes a tenth less.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class _Server(MPServer):
    """A server that takes a second signal as an order and a first one as no failure."""

    when_started: Callable[[], None]

    def _spawn_workers(self, *args: Any, **kwargs: Any) -> None:
        super()._spawn_workers(*args, **kwargs)  # type: ignore[no-untyped-call]  # granian's
        self.when_started()  # threads begin after the last fork, never before

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if self.interrupt_signal:
            for worker in self.wrks:
                worker.kill()
            os._exit(130)
        for worker in self.wrks:
            worker.interrupt_by_parent = True  # Ctrl-C reaches them as well; that is no crash
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]

    def signal_handler_reload(self, *args: Any, **kwargs: Any) -> None:
        """A closed terminal ends the server; two generations cannot share a SQLite file."""
        self.signal_handler_interrupt()


def _load() -> Callable[..., Any]:
    """Make the application, inside the process that serves it."""
    from .http.asgi import create  # noqa: PLC0415  the parent process does without

    settings = read_settings(os.environ)
    start_logging(settings.log_level, settings.log_format)
    threading.Thread(target=_leave_with_parent, args=(settings,), daemon=True).start()
    return create()


def _leave_with_parent(settings: Settings) -> None:
    """Stop when the parent process was killed: nobody else would tell this one."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(settings.stop_deadline_seconds)
    os._exit(1)


def _allow_connections() -> None:
    """Raise the limit of open files to what the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1_000
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < granted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
