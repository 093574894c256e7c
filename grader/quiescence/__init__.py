"""Whether anything can still happen: proof that a program rests, in place of waiting for a time."""
