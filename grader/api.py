"""All names that an author of checks may import: `tasks` uses no other module of the engine."""

from grader.config import defaults
from grader.diagnosis.tracebacks import last_crash
from grader.isolation.levels import Surroundings
from grader.model.answer import FunctionSource, WrittenAnswer
from grader.model.catalogue import Catalogue, Check, CheckFunction, Task, check, check_of
from grader.model.codelab import Codelab, OpenAnew, OptionalProgram, Pairing, Stage
from grader.model.errors import CheckFailed, NeedsReview, OutOfPatience
from grader.model.message import Message, joined
from grader.model.patience import SLEEPS
from grader.model.settings import SETTINGS_FILE, Settings
from grader.model.setup import RunSpec
from grader.model.verdict import Failure, Where
from grader.room.room import Room
from grader.submission.outline import Call, Function, Outline
from grader.submission.reading import source_matches
from grader.submission.sources import Sources
from grader.text.news import without_numbers
from grader.wire.expect import Expected, exactly
from grader.wire.framing import HEADER, Buffer, FrameBuffer, frame, in_hex
from grader.wire.peer import Line, Peer

__all__ = [
    "HEADER",
    "SETTINGS_FILE",
    "SLEEPS",
    "Buffer",
    "Call",
    "Catalogue",
    "Check",
    "CheckFailed",
    "CheckFunction",
    "Codelab",
    "Expected",
    "Failure",
    "FrameBuffer",
    "Function",
    "FunctionSource",
    "Line",
    "Message",
    "NeedsReview",
    "OpenAnew",
    "OptionalProgram",
    "OutOfPatience",
    "Outline",
    "Pairing",
    "Peer",
    "Room",
    "RunSpec",
    "Settings",
    "Sources",
    "Stage",
    "Surroundings",
    "Task",
    "Where",
    "WrittenAnswer",
    "check",
    "check_of",
    "defaults",
    "exactly",
    "frame",
    "in_hex",
    "joined",
    "last_crash",
    "source_matches",
    "without_numbers",
]
