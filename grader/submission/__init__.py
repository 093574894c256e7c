"""The files of strangers: found, copied, read as text and outlined, never run."""
