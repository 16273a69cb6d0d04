"""What opencode leaves to be read: its servers, its store, what `opencode run` prints."""
