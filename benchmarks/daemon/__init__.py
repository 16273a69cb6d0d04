"""`python -m benchmarks.daemon`: the daemon against Redis, NATS and a port of lash's store."""
