"""Reaching the daemon: a connection to its socket, and starting one where none runs."""
