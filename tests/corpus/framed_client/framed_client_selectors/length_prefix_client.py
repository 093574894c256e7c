"""One thread: a selector watches the keyboard and the server."""
import os
import selectors
import socket
import sys

sel = selectors.DefaultSelector()


def frame(data):
    return len(data).to_bytes(4, "big") + data


def main():
    print("Please enter your nickname")
    s = socket.create_connection(("127.0.0.1", 65433))
    sel.register(s, selectors.EVENT_READ, "net")
    sel.register(0, selectors.EVENT_READ, "keys")
    net, keys = bytearray(), b""
    while True:
        for key, _ in sel.select():
            if key.data == "net":
                chunk = s.recv(65536)
                if not chunk:
                    print("* disconnected")
                    return
                net += chunk
                while len(net) >= 4 and len(net) >= 4 + int.from_bytes(net[:4], "big"):
                    end = 4 + int.from_bytes(net[:4], "big")
                    text = bytes(net[4:end]).decode("utf-8", "backslashreplace")
                    del net[:end]
                    sys.stdout.write(text + "\n")
                    sys.stdout.flush()
            else:
                typed = os.read(0, 4096)
                if not typed:
                    return
                keys += typed
                *lines, keys = keys.split(b"\n")
                for line in lines:
                    s.sendall(frame(line.rstrip(b"\r")))
                    if line.strip().upper() == b"EXIT":
                        return


main()
