"""A session to look at: a script as data, and a daemon of its own to play it on."""
