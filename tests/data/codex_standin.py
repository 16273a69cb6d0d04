"""Stands in for `codex exec`: progress on stderr, the answer on stdout, events to a file.

Prompts: refused (before it begins), broken, wrong (the request fails), slow; any other is answered.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

ID = "01a21daa-9206-7b33-9acd-c62d9f7176c8"
NAME = f"rollout-2026-11-27T15-40-49-{ID}.jsonl"


class Rollout:
    """The file of the session; nowhere if it is ephemeral."""

    def __init__(self, *, is_kept: bool) -> None:
        day = Path(os.environ["CODEX_HOME"], "sessions", "2026", "11", "27")
        day.mkdir(parents=True, exist_ok=True)
        self._file = open(day / NAME if is_kept else os.devnull, "a")  # noqa: SIM115
        self.write("session_meta", id=ID, cwd="/p")

    def write(self, kind: str, **payload: Any) -> None:
        """One line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.999Z", time.gmtime())
        record = {"timestamp": stamp, "type": kind, "payload": payload}
        self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
        self._file.flush()

    def item(self, kind: str, **fields: Any) -> None:
        """Something that is done."""
        item = {"type": kind, "id": kind, **fields}
        self.write("event_msg", type="item_completed", item=item)


def progress(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> int:
    """One task; the exit code."""
    prompt = sys.argv[-1]
    progress("Reading additional input from stdin...")
    if prompt == "-":
        prompt = sys.stdin.read()
    if prompt == "refused":
        progress("Not inside a trusted directory")
        return 1
    rollout = Rollout(is_kept="--ephemeral" not in sys.argv)
    progress(f"OpenAI Codex v0\n--------\nsession id: {ID}\n--------\nuser\n{prompt}")
    rollout.write("event_msg", type="task_started", turn_id="t")
    rollout.item("UserMessage", content=[{"type": "text", "text": prompt}])
    if prompt == "broken":
        progress("thread 'main' panicked")
        return 101
    if prompt == "wrong":
        progress("ERROR: the request is wrong")
        error = {"message": "the request is wrong"}
        rollout.write("event_msg", type="task_complete", error=error)
        return 1
    if prompt == "slow":
        wait_for_an_interrupt(rollout)
    answer = "\u202eone\x1b[31m"
    progress(f"codex\n{answer}")
    rollout.item("AgentMessage", content=[{"type": "Text", "text": "one"}])
    print(answer, flush=True)
    progress("tokens used\n1,260")
    rollout.write("event_msg", type="task_complete", last_agent_message="one")
    return 0


def wait_for_an_interrupt(rollout: Rollout) -> NoReturn:
    """A turn that only ends so."""

    def stop(*_: object) -> None:
        rollout.write("event_msg", type="turn_aborted", reason="interrupted")
        progress("turn interrupted")
        sys.exit(1)

    signal.signal(signal.SIGINT, stop)
    rollout.item("CommandExecution", command=["sleep"], status="completed", exit_code=0)
    while True:
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
