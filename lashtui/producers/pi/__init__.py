"""pi: its stream of events, and the files of its sessions."""
