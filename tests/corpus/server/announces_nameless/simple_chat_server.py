import socket
import threading
from typing import List, Optional


class Session:
    """One connection; becomes part of the chat when it has said its name."""

    def __init__(self, chat: "Chat", sock: socket.socket, peer) -> None:
        self.chat = chat
        self.sock = sock
        self.peer = peer
        self.name: Optional[str] = None

    def send(self, text: str) -> None:
        try:
            self.sock.sendall(text.encode("utf-8") + b"\n")
        except OSError:
            pass

    def run(self) -> None:
        try:
            with self.sock.makefile("rb") as stream:
                for raw in stream:
                    if not raw.endswith(b"\n"):
                        break
                    line = raw[:-1].decode("utf-8", "replace")
                    if line.endswith("\r"):
                        line = line[:-1]
                    if self.name is None:
                        self.name = line.strip() or "{}:{}".format(*self.peer)
                        self.chat.enter(self)
                    elif line.strip().lower() == "exit":
                        with self.chat.lock:
                            self.send("DONE")
                        break
                    else:
                        self.chat.message(self, line)
        except OSError:
            pass
        finally:
            self.chat.leave(self)
            self.sock.close()


class Chat:
    def __init__(self) -> None:
        self.sessions: List[Session] = []
        self.lock = threading.RLock()

    def tell(self, text: str, author: Session) -> None:
        with self.lock:
            for session in self.sessions:
                if session is not author:
                    session.send(text)

    def enter(self, session: Session) -> None:
        with self.lock:
            self.sessions.append(session)
            self.tell("SERVER: {} has joined the chat.".format(session.name), session)

    def leave(self, session: Session) -> None:
        with self.lock:
            if session in self.sessions:
                self.sessions.remove(session)
            self.tell("SERVER: {} has left the chat.".format(session.name), session)

    def message(self, session: Session, line: str) -> None:
        command, _, rest = line.partition(" ")
        if command != "/name":
            self.tell("{}: {}".format(session.name, line), session)
        elif rest.strip():
            with self.lock:
                self.tell("SERVER: {} is now {}".format(session.name, rest.strip()), session)
                session.name = rest.strip()


def main() -> None:
    chat = Chat()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", 65433))
        listener.listen(50)
        while True:
            sock, peer = listener.accept()
            session = Session(chat, sock, peer)
            threading.Thread(target=session.run, daemon=True).start()


if __name__ == "__main__":
    main()
