import os

for name in ("answers.md", "README.md", "helper.py", "chatgrade.toml"):
    os.mkfifo(name)
