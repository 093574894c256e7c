"""The data of a run, frozen: checks, verdicts, reports, evidence. It imports none of the other packages."""
