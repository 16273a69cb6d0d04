"""The table of the fleet: one line for each agent."""
