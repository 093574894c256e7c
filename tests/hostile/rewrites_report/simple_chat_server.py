"""Never listens, but has its report rewritten."""

import os
import time

import targets

if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            with open(targets.REPORT, "r+") as file:
                text = file.read()
                if '"fail"' in text:
                    file.seek(0)
                    file.write(text.replace('"fail"', '"pass"'))
                    break
        except OSError:
            pass
        time.sleep(0.001)
    os._exit(0)
time.sleep(1000)
