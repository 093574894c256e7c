"""Running checks: which checks, in which order, on which worker; and the way from a submission to its report."""
