"""Where an agent runs, in words: where a person answers it. Pure."""

from __future__ import annotations

from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.view import Where

MAX_PART = 120
"""Characters of a part: a path of a usual depth."""


def short_home(directory: str, home: str) -> str:
    """`~/src/api` of a directory in one's home; others as they are."""
    home = home.rstrip("/")
    if home and (directory == home or directory.startswith(f"{home}/")):
        return f"~{directory[len(home) :]}"
    return directory


def place_parts(where: Where | None, directory: str | None, *, host: str, home: str) -> list[str]:
    """`tmux %12`, `pts/7`, `pid 4711`, `~/src/api`: what is known. `on box` where it isn't `host`.

    `home` is the reader's own home on `host`.
    """
    parts: list[str] = []
    away = where is not None and bool(where.host) and where.host != host
    if where is not None:
        if away and where.host:
            parts.append(f"on {where.host}")
        if where.tmux is not None:
            parts.append(f"tmux {where.tmux.pane}")
        if where.tty:
            parts.append(where.tty.removeprefix("/dev/"))
        if where.pid is not None:
            parts.append(f"pid {where.pid}")
    if directory:
        parts.append(directory if away else short_home(directory, home))
    return [shown for part in parts if (shown := safe_line(part, MAX_PART).strip())]


def answer_words(where: Where | None, directory: str | None, *, host: str, home: str) -> str:
    """`answer in tmux %12 · pts/7 · pid 4711 · ~/src/api`; empty if nothing is known."""
    parts = place_parts(where, directory, host=host, home=home)
    if not parts:
        return ""
    if parts[0].startswith("on "):
        return f"answer {' · '.join(parts)}"
    if parts[0].startswith("pid "):
        return f"answer where it runs: {' · '.join(parts)}"
    return f"answer in {' · '.join(parts)}"
