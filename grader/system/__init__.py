"""The operating system's facilities: the only package that knows Linux from macOS. No chat, no checks, no verdicts."""
