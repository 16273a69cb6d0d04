"""Reading from the daemon: async and blocking clients over one core."""
