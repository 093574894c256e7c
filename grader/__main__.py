"""`python -m grader` is `chatgrade`."""

from grader.cli import main

main()
