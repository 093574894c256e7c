"""Task 1, connect and chat: what a server must do for people to meet, and a client for its user to take part."""
