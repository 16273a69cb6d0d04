"""opencode's servers: found, and read without a trace."""
