"""Stands in for `claude -p`: prints events and keeps a file of the session, a line for each word.

    python session_standin.py SESSION-ID FILE

It says what it reads on the pipe STANDIN_WORDS, and ends with it.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO


def main() -> None:
    """Say something, on stdout and in the file."""
    session, path = sys.argv[1], Path(sys.argv[2])
    path.parent.mkdir(parents=True, exist_ok=True)
    both = {"cwd": os.getcwd()}
    started = {"type": "system", "subtype": "init", "session_id": session, "model": "m", **both}
    print(json.dumps(started), flush=True)
    with (
        path.open("a", encoding="utf-8") as file,
        open(os.environ["STANDIN_WORDS"], encoding="utf-8") as words,
    ):
        user = {"role": "user", "content": "hi"}
        _keep(file, session, "user", user, "0")
        for number, word in enumerate(words):
            content = [{"type": "text", "text": word.strip()}]
            message = {"role": "assistant", "id": f"m{number}", "model": "m", "content": content}
            line = {"type": "assistant", "session_id": session, "message": message}
            print(json.dumps(line), flush=True)
            _keep(file, session, "assistant", message, str(number + 1))
    result = {"type": "result", "subtype": "success", "session_id": session, "is_error": False}
    print(json.dumps(result), flush=True)


def _keep(file: TextIO, session: str, kind: str, message: object, name: str) -> None:
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = {
        "type": kind,
        "sessionId": session,
        "uuid": name,
        "parentUuid": None,
        "timestamp": at,
        "message": message,
    }
    print(json.dumps({**line, "cwd": os.getcwd()}), file=file, flush=True)


if __name__ == "__main__":
    main()
