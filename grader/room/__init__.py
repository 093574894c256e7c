"""The tools of a check: the programs under test, peers, waiting, judging, evidence."""
