"""Everything that a terminal shows and asks. It reads reports and judges nothing."""
