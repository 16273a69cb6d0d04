"""An opencode server on loopback that plays what a test says, in version 1 or 2."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from lashtui.ingest.opencode.http import Server
from tests.tui.producers.goldens import CAPTURES

Record = dict[str, Any]


def recorded(name: str) -> list[Record]:
    """The events of a recorded stream."""
    text = (CAPTURES / "opencode_sse" / f"{name}.sse.txt").read_text()
    lines = [line for line in text.splitlines() if line.startswith("data:")]
    return [json.loads(line.removeprefix("data:")) for line in lines]


class Kept:
    """What version 1 keeps of its sessions, by the events that it has sent."""

    def __init__(self) -> None:
        self.sessions: dict[str, Record] = {}
        self.messages: dict[str, dict[str, Record]] = {}
        self.parts: dict[str, dict[str, Record]] = {}
        self.status: dict[str, Record] = {}
        self.asked: dict[str, Record] = {}

    def take(self, event: Record) -> None:
        """An event happened."""
        kind, given = event["type"], event["properties"]
        if kind in ("session.created", "session.updated"):
            self.sessions[given["info"]["id"]] = given["info"]
        elif kind == "message.updated":
            info = given["info"]
            self.messages.setdefault(given["sessionID"], {})[info["id"]] = info
        elif kind == "message.part.updated":
            part = given["part"]
            self.parts.setdefault(part["messageID"], {})[part["id"]] = part
        elif kind == "session.status":
            self.status[given["sessionID"]] = given["status"]
        elif kind == "permission.asked":
            self.asked[given["id"]] = given
        elif kind == "permission.replied":
            self.asked.pop(given["requestID"], None)

    def answer(self, path: str) -> Any:
        """What a GET gives; None: there is no such thing."""
        words = path.strip("/").split("/")
        if words == ["session"]:
            return list(self.sessions.values())
        if words == ["session", "status"]:
            return {name: each for name, each in self.status.items() if each["type"] != "idle"}
        if words == ["permission"]:
            return list(self.asked.values())
        if words == ["question"]:
            return []
        if words[0] == "session" and words[1] in self.sessions:
            if words[2:] == ["message"]:
                infos = sorted(self.messages.get(words[1], {}).items())
                return [
                    {"info": info, "parts": list(self.parts.get(name, {}).values())}
                    for name, info in infos
                ]
            return self.sessions[words[1]] if len(words) == 2 else None
        return None


class FakeServer:
    """The server. Its streams say what is sent while they are open."""

    def __init__(self, version: str = "1.18.33", password: str = "") -> None:
        self.version = version
        self.password = password
        self.kept = Kept()
        self.answers: dict[str, Any] = {}
        """Besides what is kept, by path without its query."""
        self.asked: list[tuple[str, str]] = []
        """Method and path of each request."""
        self.streams: list[Stream] = []
        self.is_dead = False
        """Streams end at once."""
        self._changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.serve(self)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._httpd.daemon_threads = True
        self.port: int = self._httpd.server_address[1]
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.cut()
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    @property
    def server(self) -> Server:
        """As a reader sees it."""
        return Server("127.0.0.1", self.port, self.password)

    @property
    def stream_path(self) -> str:
        """Where its events are."""
        return "/api/event" if self.version.startswith("2") else "/global/event"

    def happen(self, *events: Record, unheard: bool = False) -> None:
        """These happen; `unheard`: while nobody's stream gets them."""
        for event in events:
            if "properties" in event:
                self.kept.take(event)
            if not unheard:
                self.send(b"data: " + json.dumps(event).encode() + b"\n\n")

    def send(self, data: bytes) -> None:
        """To each stream."""
        with self._changed:
            for stream in self.streams:
                stream.waiting += data
            self._changed.notify_all()

    def cut(self) -> None:
        """All streams end."""
        with self._changed:
            for stream in self.streams:
                stream.is_cut = True
            self._changed.notify_all()

    def joined(self) -> int:
        """How many streams were joined so far, the cut ones too."""
        return sum(path.startswith(self.stream_path) for _, path in self.asked)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        path = urlsplit(handler.path).path
        self.asked.append((handler.command, handler.path))
        if self.password and handler.headers["Authorization"] != self._authorization:
            answer(handler, 401, b"no")
        elif path == self.stream_path:
            self._stream(handler)
        elif path in self.answers:
            found = self.answers[path]
            if callable(found):
                found = found(parse_qs(urlsplit(handler.path).query))
            answer(handler, 200, found if isinstance(found, bytes) else json.dumps(found).encode())
        elif path in ("/global/health", "/api/health"):
            is_right = path.startswith("/api") == self.version.startswith("2")
            body = json.dumps({"healthy": True, "version": self.version}).encode()
            answer(handler, 200 if is_right else 404, body)
        else:
            found = self.kept.answer(path) if not self.version.startswith("2") else None
            answer(handler, 404 if found is None else 200, json.dumps(found).encode())

    @property
    def _authorization(self) -> str:
        return "Basic " + base64.b64encode(f"opencode:{self.password}".encode()).decode()

    def _stream(self, handler: BaseHTTPRequestHandler) -> None:
        stream = Stream()
        with self._changed:
            self.streams.append(stream)
        try:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: stream.waiting or stream.is_cut, 30)
                    data, stream.waiting = bytes(stream.waiting), bytearray()
                    is_cut = stream.is_cut
                if data:
                    handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                if is_cut:
                    break
        except OSError:
            pass  # the reader has left
        finally:
            handler.close_connection = True
            with self._changed:
                self.streams.remove(stream)


class Stream:
    """One reader's."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.is_cut = False


def answer(handler: BaseHTTPRequestHandler, code: int, body: bytes) -> None:
    """A whole response."""
    handler.send_response(code)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    try:
        handler.wfile.write(body)
    except OSError:
        pass  # the reader has left
