"""Tests of the list as `ls` shows it."""
