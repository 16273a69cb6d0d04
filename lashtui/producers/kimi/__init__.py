"""Kimi Code CLI: what it prints, and the files of its sessions."""
