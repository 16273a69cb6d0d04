"""The screen of the fleet, its dialogs, and the preview beside it."""
