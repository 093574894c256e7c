"""What a platform's gradebook is made of: its table, and which of its rows is whose."""
