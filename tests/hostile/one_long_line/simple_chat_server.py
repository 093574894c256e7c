"""One line, but a long one."""

import sys

from right_chat import serve

print("x" * (8 << 20), flush=True)
print("y" * (8 << 20), file=sys.stderr, flush=True)
serve()
