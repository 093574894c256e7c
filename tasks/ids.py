"""The ids of checks that other modules than their own name."""

LISTENS = "task1.listens"
JOIN = "task1.join"
BROADCAST = "task1.broadcast"
EXIT = "task1.exit"
LEAVE = "task1.leave"
CLIENT_CONNECTS = "task1.client-connects"
CLIENT_SHOWS_WHILE_TYPING = "task1.client-shows-while-typing"
CLIENT_SENDS = "task1.client-sends"
CLIENT_EXIT = "task1.client-exit"
FRAMES = "task5.frames"
CLIENT_FRAMES = "task5.client-frames"
CLIENT_SHOWS = "task5.client-shows"

MEET_IN_LINES = "interop.lines"
MEET_IN_FRAMES = "interop.frames"

FRAMED_TASK = "task5"  # of which all checks are about frames
