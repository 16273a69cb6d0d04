"""GitHub Copilot CLI: one vocabulary, printed and kept in files."""
