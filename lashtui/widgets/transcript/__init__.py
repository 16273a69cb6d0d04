"""The transcript: one scrolling widget and what it is made of."""
