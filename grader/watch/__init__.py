"""Grading anew whenever a student saves."""
