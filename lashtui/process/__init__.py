"""Child processes: starting them, their terminals, signals and ends."""
