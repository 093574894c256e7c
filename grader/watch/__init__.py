"""Grading again whenever a student saves."""
