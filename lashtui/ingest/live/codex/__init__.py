"""Codex's own app server: what its screen is told, we are told as well."""
