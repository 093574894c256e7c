"""A platform's gradebook: its table, and which row belongs to which student."""
