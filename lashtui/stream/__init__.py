"""`lashtui attach` without the app: records as JSON lines or text on stdout."""
