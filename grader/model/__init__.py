"""What is known and said, as frozen data: checks, verdicts, reports, evidence. It imports nothing of the other packages."""
