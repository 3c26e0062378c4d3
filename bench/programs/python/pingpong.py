"""Ping-pong: two tasks of asyncio that hand a number to each other over queues."""

from __future__ import annotations

import asyncio

from harness import Benchmark, measure


class PingPong(Benchmark):
    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def benchmark(self) -> int:
        return asyncio.run(self.play())

    async def play(self) -> int:
        ping: asyncio.Queue[int | None] = asyncio.Queue(1)
        pong: asyncio.Queue[int] = asyncio.Queue(1)
        other = asyncio.create_task(self.answer(ping, pong))
        value = 0
        for _ in range(self.rounds):
            await ping.put(value)
            value = await pong.get()
        await ping.put(None)
        await other
        return value

    async def answer(self, ping: asyncio.Queue[int | None], pong: asyncio.Queue[int]) -> None:
        while (value := await ping.get()) is not None:
            await pong.put(value + 1)

    def verify_result(self, result: int) -> bool:
        return result == self.rounds


measure("pingpong", PingPong)
