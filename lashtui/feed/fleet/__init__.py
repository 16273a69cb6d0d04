"""The app's model of all sessions: their rows, in which order, and who follows the list."""
