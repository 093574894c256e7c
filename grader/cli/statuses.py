"""The exit statuses of commands, beside 0."""

FAILED = 1
"""A check failed."""
USAGE = 2
"""The call, a setting or a submission is wrong, and nothing was graded."""
TROUBLE = 3
"""The grader or the machine could not do its job."""
INTERRUPTED = 130
"""A signal ended the command: 128 and the number of SIGINT, as shells have it."""
