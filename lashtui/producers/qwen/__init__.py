"""qwen-code."""
