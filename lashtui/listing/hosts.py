"""The lists of all hosts at once, each asked by a thread of its own."""

from __future__ import annotations

import threading
import time

from lashd.address import FAR_APART, shown
from lashd.client.blocking import Client
from lashd.errors import LashdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashd.protocol.records import Record

WITHIN = 30.0
"""Seconds for a host to answer: ssh takes ten to connect, and as much to log in."""


def lists_of(
    hosts: Mapping[str, str], within: float = WITHIN
) -> tuple[list[Record], dict[str, str]]:
    """The rows of all of them, each with its `host`, and why a host has none, in their order.

    `hosts`: name to address; the empty name is this machine.
    """
    found: dict[str, list[Record] | str] = {}

    def ask(name: str, address: str) -> None:
        try:
            with Client(address) as client:
                found[name] = client.list()
        except LashdError as error:
            found[name] = str(error)

    threads = {
        name: threading.Thread(target=ask, args=(name, address), daemon=True)
        for name, address in hosts.items()
    }
    deadline = time.monotonic() + within
    for number, thread in enumerate(threads.values()):
        if number:
            time.sleep(FAR_APART)
        thread.start()
    rows: list[Record] = []
    problems: dict[str, str] = {}
    for name, thread in threads.items():
        thread.join(max(0.0, deadline - time.monotonic()))
        answer = found.get(name, f"{shown(hosts[name])} did not answer within {within:g} s")
        if isinstance(answer, str):
            problems[name] = answer
        else:
            rows += [{**row, "host": name} for row in answer]
    return rows, problems
