"""Output to and input from a terminal. It reads reports and judges nothing."""
