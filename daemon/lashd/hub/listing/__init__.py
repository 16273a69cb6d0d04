"""The list of sessions: its rows, and the stream of those that changed."""
