"""Deaf and mute, but right."""

import os
import signal

from right_chat import serve

for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
for number in range(3):
    os.close(number)
serve()
