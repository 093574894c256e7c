"""What a check is given: the programs under test, peers, waiting, judging, evidence."""
