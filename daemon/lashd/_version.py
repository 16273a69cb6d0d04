"""The version of the distribution. A constant: reading its metadata costs a command 15 ms."""

from __future__ import annotations

__version__ = "0.1.0"
