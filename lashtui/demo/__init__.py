"""Sessions to look at: scripts as data, and their own daemon to play them on."""
