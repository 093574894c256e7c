"""From symptoms to a cause: tracebacks, deadlocks, and the student's own line. It changes no verdict."""
