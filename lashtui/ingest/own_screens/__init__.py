"""Agents' own screens, told by what the agents say beside them: one module an agent."""
