"""From an agent's bytes to a published session."""
