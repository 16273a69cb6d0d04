"""The driver of a terminal that may go away."""

from __future__ import annotations

import os
import pty
import queue
import threading
import tty

import pytest
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste
from textual.message import Message

from lashtui.app.driver import ForgivingFile, LashDriver


def test_writing_to_a_terminal_that_is_gone_is_no_error() -> None:
    """Before it hangs up everything arrives, after it nothing is raised."""
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal:
        file = ForgivingFile(terminal)
        file.write("hello")
        file.flush()
        assert os.read(ours, 100) == b"hello"
        assert file.fileno() == theirs
        os.close(ours)
        file.write("anybody?" * 10_000)
        file.flush()
        file.flush()
        # The file itself would try once more when it is closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), theirs)


def test_the_input_thread_sleeps_until_a_key_and_ends_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Keys arrive, and what is pasted, as text; the end wakes the thread, which looks at once."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    keys: queue.Queue[Message] = queue.Queue()
    driver = LashDriver.__new__(LashDriver)
    driver.fileno = theirs
    driver._debug = False
    driver.exit_event = threading.Event()
    driver._wake_read, driver._wake_write = os.pipe()
    monkeypatch.setattr(LinuxDriver, "process_message", lambda _driver, message: keys.put(message))
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    os.write(ours, b"a")
    key = keys.get(timeout=10)
    assert isinstance(key, Key)
    assert key.key == "a"
    os.write(ours, b"\x1b")
    escape = keys.get(timeout=10)
    assert isinstance(escape, Key)
    assert escape.key == "escape"
    os.write(ours, "\x1b[200~pasted\x9b2J\x07\u202e words\x1b[201~".encode())
    paste = keys.get(timeout=10)
    assert isinstance(paste, Paste)
    assert paste.text == "pasted words"
    driver.exit_event.set()
    driver._wake()
    thread.join(10)
    assert not thread.is_alive()
    for descriptor in (ours, theirs, driver._wake_read, driver._wake_write):
        os.close(descriptor)
