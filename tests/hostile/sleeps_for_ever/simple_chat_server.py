"""Does nothing for ever."""

import os
import signal
import time

if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
while True:
    time.sleep(1000)
