"""Task 2, framing: TCP is a stream of bytes, and the newline alone ends a message."""
