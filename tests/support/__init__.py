"""What several tests use; tests import helpers from here only."""
