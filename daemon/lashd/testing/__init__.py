"""Tests that other implementations can be run through."""
