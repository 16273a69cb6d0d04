"""The wire protocol without I/O: bytes in, messages out, and back. `daemon/PROTOCOL.md` tells it."""
