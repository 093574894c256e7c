"""Which check runs on which worker, and in which order; how a submission becomes a report."""
