"""Live observation of agent sessions: replay store, daemon and clients."""

__version__ = "0.1.0"
