#!/usr/bin/env python3
"""A chat client with two threads: one waits for the server, the other for the keyboard.

    python3 threaded_chat_client.py [--host HOST] [--port PORT]

Every message, in both directions, is one line of UTF-8 that ends with a newline. The first line sent is the nickname. The server
understands `/name NEW` and `EXIT`; everything else is chat. Ctrl-D and Ctrl-C leave, as EXIT does.
"""

import argparse
import os
import shutil
import signal
import socket
import sys
import threading
from typing import Iterator, Type

try:
    import readline  # makes input() editable, and knows the half-typed line
except ImportError:
    readline = None  # type: ignore[assignment]

HOST = "127.0.0.1"
PORT = 65433
PROMPT = "> "
PATIENCE = 2.0  # seconds to wait for the server's farewell


class Screen:
    """Shows messages above the line that is being typed, and that line again below them."""

    def __init__(self) -> None:
        self.redraws = sys.stdout.isatty() and sys.stdin.isatty() and readline is not None
        self.typing = False  # whether the prompt stands on the screen now

    def show(self, text: str) -> None:
        """Print one message without disturbing the line that is being typed."""
        text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
        if not (self.redraws and self.typing):
            print(text, flush=True)
            return
        half_typed = PROMPT + readline.get_line_buffer()
        rows_above = len(half_typed) // shutil.get_terminal_size().columns
        go_to_its_start = f"\x1b[{rows_above}A\r" if rows_above else "\r"
        print(f"{go_to_its_start}\x1b[J{text}\n{half_typed}", end="", flush=True)

    def ask(self, prompt: str) -> str:
        """Read a line from the keyboard. Raises EOFError at the end of input."""
        self.typing = prompt == PROMPT
        try:
            return input(prompt)
        finally:
            self.typing = False


class Client:
    """One connection to a chat server, and the person who uses it."""

    def __init__(self, connection: socket.socket, screen: Screen) -> None:
        self.connection = connection
        self.screen = screen
        self.leaving = False
        self.server_gone = threading.Event()
        self.noticed = threading.Event()  # the main thread has stopped talking

    def send(self, text: str) -> None:
        """Send one message. Raises OSError when the connection is gone."""
        self.connection.sendall(text.encode("utf-8", "replace") + b"\n")

    def listen(self) -> None:
        """Show every message that comes, until the server closes. Runs in a thread of its own."""
        try:
            for message in self.messages():
                self.hear(message.decode("utf-8", "replace").rstrip("\r"))
        except OSError:
            pass  # closed or reset: gone in either case
        self.server_gone.set()
        if not self.leaving:
            self.screen.show("The server has closed the connection.")
        # The main thread waits in input(), and only a signal wakes it. One that comes just before input() begins to wait
        # does not; so it is sent again until the main thread has noticed.
        while not (self.leaving or self.noticed.is_set()):
            os.kill(os.getpid(), signal.SIGINT)
            self.noticed.wait(0.5)

    def messages(self) -> Iterator[bytes]:
        """Yield each complete line, until the server closes.

        What recv() gives is a piece of a stream: half a line, several lines, half a character. So bytes are kept until their
        line is complete, and only then decoded.
        """
        waiting = bytearray()
        while True:
            data = self.connection.recv(4096)
            if not data:
                return
            waiting += data
            *lines, rest = waiting.split(b"\n")
            waiting = bytearray(rest)
            for line in lines:
                yield bytes(line)

    def hear(self, line: str) -> None:
        """Show one message that has arrived."""
        if self.leaving and line == "DONE":
            return  # the answer to EXIT is for us, not for the person
        self.screen.show(line)

    def talk(self) -> None:
        """Send typed lines until the person leaves or the server is gone."""
        while True:
            text = self.screen.ask(PROMPT)
            if text.strip().upper() == "EXIT":
                return
            if text.strip():
                self.send(text)

    def leave(self) -> None:
        """Say good-bye and let the server close first, so that its last messages are not lost."""
        self.leaving = True
        self.noticed.set()
        if self.server_gone.is_set():
            return
        try:
            self.send("EXIT")
        except OSError:
            return
        self.server_gone.wait(PATIENCE)

    def run(self, nickname: str) -> None:
        """Chat under this nickname until the end."""
        threading.Thread(target=self.listen, daemon=True).start()
        try:
            self.send(nickname)
            self.talk()
        except (EOFError, KeyboardInterrupt):  # Ctrl-D; Ctrl-C, or the listener's signal
            self.noticed.set()
            print()
        except OSError:
            self.noticed.set()
            self.server_gone.wait(PATIENCE)  # the listener knows more, and says it
        self.leave()


def port_number(text: str) -> int:
    """A TCP port, as argparse wants it."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError
    return number


def main(client_type: Type[Client] = Client) -> None:
    """Connect, ask for the nickname, chat."""
    parser = argparse.ArgumentParser(description="Chat with everyone who is on the same server.")
    parser.add_argument("--host", default=HOST, help="the server's address (%(default)s)")
    parser.add_argument("--port", type=port_number, default=PORT, help="the server's port (%(default)s)")
    options = parser.parse_args()
    try:
        connection = socket.create_connection((options.host, options.port))
    except OSError as error:
        sys.exit(f"No chat server answers at {options.host}, port {options.port}: {error.strerror or error}")
    screen = Screen()
    with connection:
        try:
            nickname = screen.ask("Your nickname: ").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return
        print("Type a message and press Enter. /name NEW gives you a new name; EXIT leaves.")
        client_type(connection, screen).run(nickname)


if __name__ == "__main__":
    main()
