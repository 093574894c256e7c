"""A graded class as data: standing, clusters, overview, blame, review. It writes no file and shows nothing."""
