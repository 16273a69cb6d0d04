"""The daemon from Python.

`ensure_daemon` starts the user's daemon in the background unless it is running; `stop_daemon` and
`daemon_status` are its counterparts. `EmbeddedDaemon` is a daemon inside this process, at a socket
of its own: use it to test an agent that publishes. `serve` runs one in an event loop.
"""

from __future__ import annotations

from lashd.connect.launch import daemon_status, ensure_daemon, stop_daemon
from lashd.server.embedded import EmbeddedDaemon
from lashd.server.server import serve

__all__ = ["EmbeddedDaemon", "daemon_status", "ensure_daemon", "serve", "stop_daemon"]
