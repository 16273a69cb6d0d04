"""Only loopback, only GETs, bounded; and no password where anybody could see it."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress

import pytest

from lashtui.ingest.opencode import http
from lashtui.ingest.opencode.http import NotThere, Refused, Server, ServerError, local_server
from tests.tui.ingest.opencode.fake import FakeServer

SECRET = "s3cret-word"


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:4096",
        "http://example.com:4096",
        "https://127.0.0.1:4096",
        "http://127.0.0.1",
        "http://0.0.0.0:1",
        "file:///etc/passwd",
        "http://127.0.0.1:99999",
        "http://[bad",
        "",
    ],
)
def test_other_machines_are_never_asked(url: str) -> None:
    """Whatever a file of opencode's says."""
    with pytest.raises(ValueError, match=r"machine|[Pp]ort|IPv6"):
        local_server(url, SECRET)


def test_an_answer() -> None:
    """With the password, and nothing but GETs."""
    with FakeServer(password=SECRET) as fake:
        fake.answers["/thing"] = {"a": [1]}
        assert local_server(f"http://localhost:{fake.port}", SECRET).get("/thing") == {"a": [1]}
        assert fake.asked == [("GET", "/thing")]


def test_a_wrong_password() -> None:
    """It is said, without the word."""
    with FakeServer(password=SECRET) as fake:
        server = Server("127.0.0.1", fake.port, "wrong-word")
        with pytest.raises(Refused) as caught:
            server.get("/thing")
    assert "word" not in str(caught.value).replace("password", "")
    assert "word" not in repr(server)
    assert SECRET not in str(vars(server))


def test_what_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, no JSON, too long: one sentence each."""
    monkeypatch.setattr(http, "MAX_ANSWER", 1000)
    with FakeServer() as fake:
        fake.answers |= {"/bad": b"{", "/deep": b"[" * 900, "/long": b"1" * 2000}
        with pytest.raises(NotThere):
            fake.server.get("/none")
        for path in ("/bad", "/deep", "/long"):
            with pytest.raises(ServerError):
                fake.server.get(path)
    with pytest.raises(ServerError):
        fake.server.get("/gone")


def test_a_stream_that_breaks_off() -> None:
    """Its bytes come as they are sent; its end is told."""
    with FakeServer() as fake, fake.server.stream(fake.stream_path) as more:
        fake.send(b"data: 1\n\n")
        assert more() == b"data: 1\n\n"
        fake.cut()
        with suppress(ServerError):
            assert more() == b""


def test_no_stream() -> None:
    """An answer that is none isn't taken for one."""
    with FakeServer() as fake:
        fake.answers["/x"] = {}
        with pytest.raises(NotThere), fake.server.stream("/x"):
            pass


def test_a_stream_that_says_nothing() -> None:
    """It is given up after a while."""
    with FakeServer() as fake, ExitStack() as stack:
        more = stack.enter_context(fake.server.stream(fake.stream_path, silent_for=0.05))
        with pytest.raises(ServerError):
            more()


def test_whoever_waits_can_be_stopped() -> None:
    """From another thread, at once."""
    with FakeServer() as fake:
        server = fake.server
        with server.stream(fake.stream_path) as more:
            threading.Thread(target=server.stop).start()
            with suppress(ServerError):
                assert more() == b""
        with pytest.raises(ServerError):
            server.get("/thing")


@pytest.mark.parametrize(
    "said", [b"", b"\0\xff\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
)
def test_what_speaks_another_language(said: bytes) -> None:
    """Any program may listen on a port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def play() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(said)

        thread = threading.Thread(target=play)
        thread.start()
        with pytest.raises(ServerError):
            Server("127.0.0.1", port).get("/x")
        thread.join()
