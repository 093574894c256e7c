"""Kills its process group."""

import os

print("TRIES its group", flush=True)
os.kill(0, 9)
