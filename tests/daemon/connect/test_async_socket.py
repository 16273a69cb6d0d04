"""A socket in an async program."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from lashd.connect.async_socket import AsyncSocket

MUCH = b"x" * 4_000_000
"""More than a socket holds."""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


async def yield_once() -> None:
    """Let the loop go on by a step."""
    await asyncio.sleep(0)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
async def test_a_read_that_is_cancelled_as_data_arrive(
    pair: tuple[socket.socket, socket.socket], steps: int
) -> None:
    """Nothing fails in the loop, and nothing is lost: the next read gets it."""
    ours, theirs = pair
    loop = asyncio.get_running_loop()
    failed: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: failed.append(context))
    sock, got = AsyncSocket(ours), b""

    async def read(scope: anyio.CancelScope) -> None:
        nonlocal got
        with scope:
            got += await sock.receive(100)

    for sent in range(1, 101):
        scope = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, scope)
            for _ in range(5):
                await yield_once()
            loop.call_soon(scope.cancel)  # runs before the loop tells the reader of the byte
            for _ in range(steps):
                await yield_once()
            theirs.send(b".")
        if len(got) < sent:
            got += await sock.receive(100)
        assert len(got) == sent
    assert failed == []


async def test_a_write_that_is_cancelled_as_there_is_room_again(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Nothing fails in the loop."""
    ours, theirs = pair
    loop = asyncio.get_running_loop()
    failed: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: failed.append(context))
    sock = AsyncSocket(ours)
    for _ in range(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sock.send, MUCH)
            for _ in range(5):
                await yield_once()
            loop.call_soon(tasks.cancel_scope.cancel)
            while len(theirs.recv(1_000_000)) == 1_000_000:
                pass
    assert failed == []


async def test_all_is_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    """However little the other end takes at once."""
    ours, theirs = pair
    sender, receiver = AsyncSocket(ours), AsyncSocket(theirs)
    got = 0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sender.send, MUCH)
        while got < len(MUCH):
            got += len(await receiver.receive(50_000))
    assert got == len(MUCH)


async def test_closing_wakes_who_waits(pair: tuple[socket.socket, socket.socket]) -> None:
    """Twice is once."""
    sock = AsyncSocket(pair[0])

    async def read() -> None:
        with pytest.raises(anyio.ClosedResourceError):
            await sock.receive(100)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        for _ in range(5):
            await yield_once()
        sock.close()
    sock.close()
    with pytest.raises(OSError, match="descriptor"):
        await sock.receive(100)
