"""Claude Code: its stream and its transcripts."""
