# Chat server für den Kurs
# Start: python3 simple_chat_server.py
import socket, threading

verbindungen = []
sperre = threading.Lock()


class Verbindung:
    def __init__(self, s, adresse):
        self.s = s
        self.adresse = adresse
        self.name = ""

    def schicken(self, text):
        """Nur mit gehaltener Sperre aufrufen."""
        try:
            self.s.sendall(text.encode("utf-8") + b"\n")
        except OSError:
            pass

    def zeilen(self):
        rest = b""
        while True:
            try:
                neu = self.s.recv(10000)
            except OSError:
                neu = b""
            if not neu:
                return
            rest = rest + neu
            if b"\n" not in neu:
                continue
            teile = rest.split(b"\n")
            rest = teile.pop()
            for teil in teile:
                zeile = teil.decode("utf-8", errors="replace")
                while zeile.endswith("\r"):
                    zeile = zeile[:-1]
                yield zeile

    def laufen(self):
        dabei = False
        for zeile in self.zeilen():
            if not dabei:
                self.name = zeile.strip()
                if not self.name:
                    self.name = "Gast (%s, %d)" % self.adresse
                with sperre:
                    verbindungen.append(self)
                    an_alle(f"SERVER: {self.name} has joined the chat.", ohne=self)
                dabei = True
            elif zeile.strip().upper() == "EXIT":
                with sperre:
                    self.schicken("DONE")
                break
            elif zeile.startswith("/name ") or zeile == "/name":
                neuer_name = zeile[len("/name "):].strip()
                if neuer_name:
                    with sperre:
                        alter_name = self.name
                        self.name = neuer_name
                        an_alle(f"SERVER: {alter_name} is now {neuer_name}")
            else:
                with sperre:
                    an_alle(f"{self.name}: {zeile}", ohne=self)
        with sperre:
            self.s.close()
            if dabei:
                verbindungen.remove(self)
                an_alle(f"SERVER: {self.name} has left the chat.")


def an_alle(text, ohne=None):
    for v in verbindungen:
        if v is not ohne:
            v.schicken(text)


if __name__ == "__main__":
    tür = socket.socket()
    tür.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tür.bind(("0.0.0.0", 65433))
    tür.listen()
    print("Server läuft")
    while True:
        v = Verbindung(*tür.accept())
        threading.Thread(target=v.laufen, daemon=True).start()
