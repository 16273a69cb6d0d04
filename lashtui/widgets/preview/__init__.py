"""The preview of a session beside the list: what it is, and the live end of its transcript."""
