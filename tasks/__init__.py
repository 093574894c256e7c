"""The codelab: its checks, a module or package for each task, and its wording. Nothing here knows of processes or reports.

Of the engine, the tasks import `grader.api` alone.

The command line lists the tasks in its help, so this module loads none of them; what they are made of is in `codelab`.
"""

TASKS = {
    "task1": ("Task 1", "connect and chat"),
    "task2": ("Task 2", "framing"),
    "task3": ("Task 3", "/name"),
    "task4": ("Task 4", "dead clients"),
    "task5": ("Task 5", "length-prefixed framing"),
}
"""The id of each task, with its name and its subject."""
