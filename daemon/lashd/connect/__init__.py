"""Reaching the daemon: a connection to its socket, and starting one if none is running."""
