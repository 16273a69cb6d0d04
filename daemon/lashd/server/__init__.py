"""The daemon's process: its socket, its loop, its command line."""
