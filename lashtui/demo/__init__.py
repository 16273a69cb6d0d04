"""A session to look at: a script as data, and its own daemon to play it on."""
