"""The engine of chatgrade: programs, sockets, verdicts, reports. It knows nothing of chat."""

__version__ = "0.1.0"
