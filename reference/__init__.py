"""The reference solutions of the codelab, to read and to run."""
