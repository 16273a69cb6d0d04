"""Stands in for an agent: prints a recording at its recorded times and leaves as it did.

    python standin.py RECORDING.stdout.jsonl [WORDS OF THE AGENT'S COMMAND...]

STANDIN_SPEED: how many times faster than life (default 1; 0: all at once). STANDIN_WORDS: a file
that the words are written to. Beside the recording stands its .meta.json: times and exit code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

_BY_NAME = {"timeout": 0}
"""Recordings that were given up have no exit code of their own."""


def main() -> int:
    """Play the recording that is named; its exit code."""
    recording = Path(sys.argv[1])
    noted = os.environ.get("STANDIN_WORDS")
    if noted:
        Path(noted).write_text(json.dumps(sys.argv[2:]))
    meta = json.loads(Path(str(recording).replace(".stdout.jsonl", ".meta.json")).read_text())
    times = meta.get("line_times_s") or []
    speed = float(os.environ.get("STANDIN_SPEED", "1"))
    start = time.monotonic()
    for number, line in enumerate(recording.read_bytes().splitlines(keepends=True)):
        if speed and number < len(times):
            time.sleep(max(0.0, start + times[number] / speed - time.monotonic()))
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    sys.stderr.write("noise that is no event\n")
    code = meta.get("rc", 0)
    if isinstance(code, int) and code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return int(_BY_NAME.get(code, code))


if __name__ == "__main__":
    sys.exit(main())
