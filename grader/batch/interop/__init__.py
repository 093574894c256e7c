"""Each student's client with each student's server."""
