"""The app's model of one session: from the daemon's records to what the screen shows."""
