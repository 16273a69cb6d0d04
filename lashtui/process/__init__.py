"""Children of ours: starting them, their terminals, their signals, their ends."""
