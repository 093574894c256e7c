"""The equipment that all parts of a room share."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.isolation.network import Network
from grader.model.setup import RunSpec
from grader.quiescence.sockets import Watcher
from grader.submission.sources import Sources
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript


@dataclass(frozen=True)
class Equipment:
    """One check's setup, network, event loop and record. Made before the first program, closed after the last."""

    setup: RunSpec
    network: Network
    loop: Loop
    watcher: Watcher  # of the network's sockets
    sources: Sources
    transcript: Transcript
    notes: list[str] = field(default_factory=list)  # for the report, beside the verdict

    def close(self) -> None:
        """Close the watcher and the loop."""
        self.watcher.close()
        self.loop.close()
