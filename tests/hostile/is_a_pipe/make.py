import os

os.mkfifo("simple_chat_server.py")
