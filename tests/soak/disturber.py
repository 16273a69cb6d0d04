"""What happens to the daemon and to everyone else while sessions go on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from lashd.client.blocking import Client
from lashd.errors import LashdError
from lashd.testing.proxy import FaultProxy
from tests.soak.stage import Stage

LONG = 18.0
"""Seconds of a suspension after which both ends have given up the connection."""


class Disturber:
    """Takes its decisions from `source`, so a seed repeats them."""

    def __init__(
        self, stage: Stage, proxy: FaultProxy, source: random.Random, *, long: bool
    ) -> None:
        """`long`: there is time for suspensions of `LONG` seconds."""
        self._stage = stage
        self._proxy = proxy
        self._source = source
        self._long = long
        self._acts: list[tuple[int, Callable[[], None]]] = [
            (3, self._kill),
            (2, self._terminate),
            (2, self._request_stop),
            (6, self._suspend),
            (2, self._delete_socket),
            (6, self._suspend_another),
            (3, self._cut),
            (6, self._proxy.release),
        ]

    def step(self) -> None:
        """Let some time pass, then do something."""
        time.sleep(self._source.expovariate(1 / 1.5))
        weights = [weight for weight, _ in self._acts]
        (act,) = self._source.choices([act for _, act in self._acts], weights)
        act()
        # What is stalled for good would be no more than a client that hangs.
        self._proxy.release()

    def _kill(self) -> None:
        self._stage.figures.add("daemon ended by SIGKILL")
        self._stage.signal_daemon(signal.SIGKILL)
        self._again(-signal.SIGKILL)

    def _terminate(self) -> None:
        self._stage.figures.add("daemon ended by SIGTERM")
        self._stage.signal_daemon(signal.SIGTERM)
        self._again(0)

    def _request_stop(self) -> None:
        with suppress(LashdError, OSError), Client(self._stage.socket_path) as client:
            client.stop()
            self._stage.figures.add("daemon ended by request")
            self._again(0)

    def _again(self, code: int) -> None:
        self._stage.await_end(code)
        time.sleep(self._source.choice((0.0, 0.0, 0.2, 1.0, 2.5)))
        self._stage.start_daemon()
        if self._source.random() < 0.3:
            # Publishers are about to give their sessions back.
            self._stage.figures.add("daemon suspended")
            time.sleep(self._source.random())
            self._pause(self._source.uniform(0.5, 2.5))

    def _suspend(self) -> None:
        self._stage.figures.add("daemon suspended")
        if self._long and self._source.random() < 0.03:
            self._pause(LONG)
        else:
            self._pause(self._source.uniform(0.1, 2.5))

    def _pause(self, seconds: float) -> None:
        self._stage.signal_daemon(signal.SIGSTOP)
        time.sleep(seconds)
        self._stage.signal_daemon(signal.SIGCONT)

    def _delete_socket(self) -> None:
        self._stage.figures.add("daemon's socket deleted")
        with suppress(FileNotFoundError):
            os.unlink(self._stage.socket_path)
        self._stage.await_answer("lost its socket")

    def _suspend_another(self) -> None:
        running = self._stage.running()
        if running:
            self._stage.figures.add("processes suspended")
            self._stage.suspend(self._source.choice(running), self._source.uniform(0.1, 2.0))

    def _cut(self) -> None:
        self._proxy.cut()
