"""Codex: `exec --json`, its app server and its rollouts."""
