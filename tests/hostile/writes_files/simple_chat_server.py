"""Writes wherever it should not."""

import targets
from right_chat import attempt, serve


def append(path):
    with open(path, "a") as file:
        file.write("# " + targets.MARK)
    return path


attempt("results", append, targets.RESULTS)
attempt("rubric", append, targets.RUBRIC)
attempt("report", append, targets.REPORT)
attempt("another submission", append, targets.NEIGHBOUR)
attempt("its own submission", append, targets.OWN + "/simple_chat_server.py")
attempt("the grader", append, targets.GRADER)
attempt("the home folder", append, targets.HOME + "/.profile")
attempt("a new file beside", append, targets.WORLD + "/class/new.py")
serve()
