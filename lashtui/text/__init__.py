"""Values as safe, short text for terminals. Pure."""
