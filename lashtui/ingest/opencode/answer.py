"""What `opencode run` prints for people: texts on stdout, its progress on stderr. Pure.

Of each tool a line or a block, by rules of its own for the tools that it brings.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lashtui.ingest.answer import ERR, OUT, Print
from lashtui.producers.fields import int_of, map_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record

_NORMAL: Final = "\x1b[0m"
_DIM: Final = "\x1b[90m"
_ERROR: Final = "\x1b[91m\x1b[1mError: \x1b[0m"
_BOXES: Final = {"completed": "[✓]", "in_progress": "[•]"}
_SEARCHES: Final = {"parallel": "Parallel Web Search", "exa": "Exa Web Search"}


class _Line(NamedTuple):
    """What is shown of a call."""

    icon: str
    title: str
    description: str = ""
    body: str | None = None
    """Of a block; None: it is a line."""


class OpencodeAnswer:
    """Each text, trimmed, on lines of its own; on stderr who answers, tools and errors."""

    def __init__(
        self,
        directory: str = "/",
        who: Callable[[str], tuple[str, str] | None] = lambda _: None,
    ) -> None:
        """`directory`: where it works. `who`: the agent and model of a session, if known: its
        events don't say it.
        """
        self._directory = directory
        self._who = who
        self._is_named = False
        self._was_blank = False
        """The last line on stderr was an empty one: two in a row are one."""

    def read(self, record: Record) -> list[Print]:
        """Texts, thoughts and calls come whole."""
        prints = self._name(text_of(record, "sessionID"))
        kind = record.get("type")
        part = map_of(record, "part")
        text = text_of(part, "text").strip()
        if kind == "text" and text:
            prints.append(Print(OUT, f"{text}\n"))
        elif kind == "reasoning" and text:
            prints.append(Print(OUT, f"Thinking: {text}\n"))
        elif kind == "tool_use":
            prints += self._call(part)
        elif kind == "error":
            prints += self._error(_reason(map_of(record, "error")))
        return prints

    def finish(self) -> list[Print]:
        """Nothing."""
        return []

    def _name(self, session: str) -> list[Print]:
        """Before all else it says who answers."""
        if self._is_named or not session:
            return []
        self._is_named = True
        found = self._who(session)
        if found is None:
            return []
        return [*self._blank(), *self._line(f"> {found[0]} · {found[1]}"), *self._blank()]

    def _call(self, part: Record) -> list[Print]:
        state = map_of(part, "state")
        name = text_of(part, "tool")
        try:
            shown = self._shown(name, map_of(state, "input"), map_of(state, "metadata"), state)
        except (AttributeError, TypeError, ValueError):  # it doesn't trust them either
            shown = _Line("⚙", name)
        # A subagent is announced when it begins, which its events don't tell.
        begun = self._title(shown._replace(icon="•")) if name == "task" else []
        if state.get("status") == "error":
            failed = _Line("✗", f"{shown.title} failed", shown.description)
            return [*begun, *self._title(failed), *self._error(text_of(state, "error"))]
        if shown.body is None:
            return [*begun, *self._title(shown)]
        prints = [*self._blank(), *self._title(shown)]
        if shown.body.strip():
            prints += [*self._line(shown.body), *self._blank()]
        return prints

    def _title(self, shown: _Line) -> list[Print]:
        end = f"{_DIM} {shown.description}{_NORMAL}" if shown.description else ""
        return self._line(f"{_NORMAL}{shown.icon} {_NORMAL}{shown.title}{end}")

    def _error(self, text: str) -> list[Print]:
        return self._line(f"{_ERROR}{text.removeprefix('Error: ')}")

    def _line(self, text: str) -> list[Print]:
        self._was_blank = False
        return [Print(ERR, f"{text}\n")]

    def _blank(self) -> list[Print]:
        prints = [] if self._was_blank else self._line(_NORMAL)
        self._was_blank = True
        return prints

    def _shown(self, name: str, given: Record, found: Record, state: Record) -> _Line:
        """What is shown of one call; `found` is what the tool says besides its output."""
        title = text_of(state, "title")
        output = text_of(state, "output")
        path = self._path(given.get("filePath"))
        match name:
            case "bash":
                return _Line("$", str(given.get("command") or ""), body=output.strip())
            case "write":
                return _Line("←", f"Write {path}", body=output)
            case "edit":
                return _Line("←", f"Edit {path}", body=text_of(found, "diff"))
            case "read":
                rest = [f"{key}={_said(value)}" for key, value in given.items() if _is_plain(value)]
                rest = [each for each in rest if not each.startswith("filePath=")]
                return _Line("→", f"Read {path}", f"[{', '.join(rest)}]" if rest else "")
            case "glob" | "grep":
                count = int_of(found, "count" if name == "glob" else "matches")
                place = given.get("path")
                where = [f"in {self._path(place)}"] if place else []
                if count is not None:
                    where.append(f"{count} match{'' if count == 1 else 'es'}")
                title = f'{name.capitalize()} "{text_of(given, "pattern")}"'
                return _Line("✱", title, " · ".join(where))
            case "list":
                place = text_of(given, "path")
                return _Line("→", f"List {self._path(place)}" if place else "List")
            case "webfetch":
                return _Line("%", f"WebFetch {text_of(given, 'url')}".rstrip())
            case "websearch":
                searcher = _SEARCHES.get(text_of(found, "provider"), "Web Search")
                query = text_of(given, "query")
                return _Line("◈", f'{searcher} "{query}"' if query else searcher)
            case "task":
                agent = text_of(given, "subagent_type") or "unknown"
                agent = " ".join(word[:1].upper() + word[1:] for word in agent.split(" "))
                what = text_of(given, "description")
                return _Line("✓", what or f"{agent} Task", f"{agent} Agent" if what else "")
            case "todowrite":
                todos = given.get("todos")
                rows = [each for each in (todos if isinstance(todos, list) else []) if each]
                body = [
                    f"{_BOXES.get(row.get('status'), '[ ]')} {row['content']}"
                    for row in rows
                    if text_of(row, "content")
                ]
                return _Line("#", "Todos", body="\n".join(body))
            case "apply_patch":
                files = found.get("files")
                count = len(files) if isinstance(files, list) else 0
                return _Line("%", f"Patch {_counted(count, 'file')}" if count else "Patch")
            case "question":
                asked = given.get("questions")
                count = len(asked) if isinstance(asked, list) else 0
                return _Line("→", f"Asked {_counted(count, 'question')}")
            case "skill":
                return _Line("→", f'Skill "{text_of(given, "name")}"')
            case "invalid":
                return _Line("✗", title or "Invalid Tool", body=output)
        return _Line("⚙", f"{name} {title or (_json(given) if given else 'Unknown')}")

    def _path(self, path: Any) -> str:
        """As it is called from the directory, if it is below that."""
        if not path:
            return ""
        whole = os.path.normpath(os.path.join(self._directory, path))
        short = os.path.relpath(whole, self._directory)
        return whole if short.startswith("..") else short


def _reason(error: Record) -> str:
    """A session's error by its message; what the server failed at, which has a number, in full."""
    about = map_of(error, "data")
    if "ref" in about:
        return json.dumps(error, indent=2, ensure_ascii=False)
    return text_of(about, "message") or text_of(error, "name")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _said(value: object) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
