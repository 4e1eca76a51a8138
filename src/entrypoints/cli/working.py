"""`sightline worker`: does jobs beside the processes that serve."""

import asyncio
import os
import signal

import structlog

from ...application import request_answer
from ...bootstrap import Adapters, job_runner, production, start_logging, use_cases
from ...domain.errors import Flaw
from ..http.cursors import Cursors
from ..http.question_jobs import AnswerQuestion
from ..server import settle_garbage_collector
from ..settings import InvalidSettings, read_settings, variable


async def worker() -> None:
    """Do jobs until SIGTERM, SIGINT or SIGHUP; what is under way then is given back.

    Needs PostgreSQL. With SQLite the serving process does the jobs itself; without ClickHouse
    it answers long questions itself.
    """
    settings = read_settings(os.environ)
    if settings.database_url.startswith("sqlite"):
        message = (
            "must be PostgreSQL for a worker beside the API; a SQLite file has one writing "
            f"process, which does the jobs itself unless {variable('jobs')} is none"
        )
        raise InvalidSettings((Flaw((variable("database_url"),), "needs_postgresql", message),))
    start_logging(settings.log_level, settings.log_format)
    async with production(settings) as adapters:
        settle_garbage_collector()
        # A file of columns is the serving process's; a worker must neither take nor fill one.
        answering = {} if settings.own_columns else _answering(adapters)
        runner = asyncio.create_task(job_runner(adapters, answering)())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, runner.cancel)
        structlog.get_logger().info("worker_started")
        await asyncio.wait({runner})


def _answering(adapters: Adapters) -> dict[str, AnswerQuestion]:
    cursors = Cursors(adapters.server_secret)
    return {request_answer.KIND: AnswerQuestion(use_cases(adapters).ask_question, cursors)}
