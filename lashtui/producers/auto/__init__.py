"""Which format an input has, told from what comes first."""
