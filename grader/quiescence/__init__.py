"""Whether anything can still happen: proof that a program is at rest, in place of a fixed waiting time."""
