"""Kills all that it can; itself is not among them, so it kills itself."""

import os

print("TRIES everything", flush=True)
os.kill(-1, 9)
os.kill(os.getpid(), 9)
