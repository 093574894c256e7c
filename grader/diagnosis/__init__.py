"""The cause of a failure: tracebacks, deadlocks, and the student's own line. It changes no verdict."""
