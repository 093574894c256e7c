"""The words that checks are written in: people who join a chat, say lines, hear lines and leave. No check stands here."""
