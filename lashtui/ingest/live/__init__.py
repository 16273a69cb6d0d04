"""What agents tell of running sessions beside their files: sockets, services, hooks."""
