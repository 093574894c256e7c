import os
import sys

sys.dont_write_bytecode = True
import targets

os.symlink(targets.SECRET_FILE, "simple_chat_server.py")
