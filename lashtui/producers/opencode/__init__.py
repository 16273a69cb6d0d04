"""opencode: `run --format json` and the server's event stream."""
