"""Clients that send until they are answered, while somebody kills the server: a set checker.

After Kyle Kingsbury's Jepsen. What is tested is a `Server`; another one is tested by
writing another `Server`.
"""

import asyncio
import random
import subprocess
from collections.abc import Sequence
from typing import Protocol

from attrs import define, field

from .checking import Findings, compared


class Server(Protocol):
    """What is tested."""

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a process that serves; the one before it is dead."""

    async def send(self, key: str, ids: Sequence[str]) -> bool:
        """Send a batch once; whether it was acknowledged.

        Raises:
            OSError: If nobody answers.
        """

    async def everything(self) -> list[tuple[int, str]]:
        """Position and id of every event that is there, no process running."""


@define
class Run:
    """One run: how long, how many clients, and what they saw.

    Args:
        server: What is tested.
        seconds: For how long batches are sent. [s]
        seed: Of every choice.
        clients: How many send at once.
    """

    server: Server
    seconds: float
    seed: int = 1
    clients: int = 6
    sent: set[str] = field(factory=set)
    acknowledged: set[str] = field(factory=set)
    kills: int = 0
    failures: int = 0

    async def __call__(self) -> Findings:
        """Send, kill, send again; then kill once more and look."""
        process = self.server.start()
        end = asyncio.get_running_loop().time() + self.seconds
        nemesis = asyncio.create_task(self._kill(process, end))
        await asyncio.gather(*(self._client(number, end) for number in range(self.clients)))
        process = await nemesis
        process.kill()
        process.wait()
        return compared(self.acknowledged, self.sent, await self.server.everything())

    async def _client(self, number: int, end: float) -> None:
        chance = random.Random(f"{self.seed} {number}")
        loop = asyncio.get_running_loop()
        turn = 0
        while loop.time() < end:
            ids = [f"{number}-{turn}-{n}" for n in range(10)]
            self.sent.update(ids)
            turn += 1
            while not await self._sent(f"{number}-{turn}", ids, chance):
                self.failures += 1
                await asyncio.sleep(0.02 + chance.random() * 0.05)
                if loop.time() > end + 20:  # whoever gave up knows nothing
                    return
            self.acknowledged.update(ids)

    async def _sent(self, key: str, ids: Sequence[str], chance: random.Random) -> bool:
        # Now and then nobody waits for the answer: the connection breaks, the server goes on.
        patience = chance.choice([0.001, 0.005, 2, 2, 2, 2])
        try:
            return await asyncio.wait_for(self.server.send(key, ids), patience)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    async def _kill(
        self, process: "subprocess.Popen[bytes]", end: float
    ) -> "subprocess.Popen[bytes]":
        chance = random.Random(f"{self.seed} nemesis")
        loop = asyncio.get_running_loop()
        while loop.time() < end:
            await self._served(end)
            await asyncio.sleep(chance.random())
            process.kill()
            process.wait()
            self.kills += 1
            await asyncio.sleep(chance.random() * 0.2)
            process = self.server.start()
        return process

    async def _served(self, end: float) -> None:
        """Wait until the process of now has acknowledged something."""
        before = len(self.acknowledged)
        loop = asyncio.get_running_loop()
        # What is waited for is another process.
        while len(self.acknowledged) == before and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
