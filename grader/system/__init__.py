"""What the operating system tells and does: the only package that knows Linux from macOS. No chat, no checks, no verdicts."""
