"""What agents tell their hooks: how it reaches us, and how that is put into their settings."""
