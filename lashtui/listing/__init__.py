"""The list of sessions as `ls` shows it: a table, a screen that stays, a stream."""
