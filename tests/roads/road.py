"""What lies between here and a host: it can be cut, held up, and closed to whoever comes."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress

from tests.waiting import wait_until

READ_BYTES = 65_536


class Road:
    """A socket at `path` that leads to the one at `target`."""

    def __init__(self, path: str, target: str) -> None:
        self.path = path
        self._target = target
        self._moves = threading.Event()
        self._moves.set()
        self._is_closed = False
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        self._taker = threading.Thread(target=self._accept, daemon=True)
        self._taker.start()

    def cut(self) -> None:
        """Break the connections that there are."""
        with self._lock:
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Carry nothing, and break nothing: as when the other machine sleeps."""
        self._moves.clear()

    def close(self) -> None:
        """Let nobody through, and break what there is."""
        self._is_closed = True
        self.cut()

    def open(self) -> None:
        """As if nothing had been."""
        self._is_closed = False
        self._moves.set()

    def remove(self) -> None:
        """The end of the test."""
        self.close()
        self._moves.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._taker.join()
        self._listener.close()
        os.unlink(self.path)
        wait_until(lambda: not self._ends)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._is_closed:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                try:
                    far.connect(self._target)
                except OSError:
                    far.close()
                    near.close()
                    continue
                with self._lock:
                    self._ends |= {near, far}
                threading.Thread(target=self._link, args=(near, far), daemon=True).start()

    def _link(self, near: socket.socket, far: socket.socket) -> None:
        back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
        back.start()
        self._carry(near, far)
        back.join()
        with self._lock:
            self._ends -= {near, far}
            near.close()
            far.close()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(READ_BYTES):
                self._moves.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
