"""gemini-cli: its stream and its chats."""
