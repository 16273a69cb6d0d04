"""What an agent says, and how it reaches the daemon without ever holding the agent up."""
