"""The files of strangers: found, unpacked, copied, read as text and outlined, but never run."""
