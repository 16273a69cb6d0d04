"""Parts of pi's messages."""

from __future__ import annotations

import json

from lashtui.producers.pi.messages import said_in, usage_of
from lashtui.producers.pi.stream import PiStreamProducer
from tests.tui.producers.goldens import wire_of


def test_pictures_are_named() -> None:
    """Never shown as data."""
    content = [{"type": "text", "text": "Look:"}, {"type": "image", "mimeType": "image/png"}]
    assert said_in(content).startswith("Look:\n[image")
    assert (said_in("plain"), said_in(None)) == ("plain", "")


def test_cached_input_is_input() -> None:
    """pi counts it apart."""
    given = {"input": 1200, "output": 60, "cacheRead": 800, "cacheWrite": 5, "reasoning": 10}
    assert usage_of({**given, "cost": {"total": 0.5}}) == {
        "input_tokens": 2005,
        "output_tokens": 60,
        "cached_input_tokens": 800,
        "reasoning_tokens": 10,
        "cost_usd": 0.5,
    }


def test_a_command_that_failed_has_its_exit_code_and_its_output_alone() -> None:
    """pi appends the code to the output, and older versions tell it nowhere else."""
    text = "bad\n\n\nCommand exited with code 3"
    result = {"content": [{"type": "text", "text": text}]}
    call = {"toolCallId": "c", "toolName": "bash", "args": {"command": "x"}}
    start = {"type": "tool_execution_start", **call}
    end = {"type": "tool_execution_end", **call, "result": result, "isError": True}
    data = "".join(json.dumps(each) + "\n" for each in (start, end)).encode()
    completed = wire_of(PiStreamProducer().feed(data))[-1]["activity"]
    assert completed["output"]["outcome"] == {
        "status": "failure",
        "message": "exit code 3",
        "payload": "bad",
        "exit_code": 3,
    }
