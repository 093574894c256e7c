# Chat client -- written on Windows with Notepad
import socket
import threading

HOST = "127.0.0.1"
PORT = 65433


class Framer(object):
    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()

    def read_line(self):
        """Return the next line or None when the server is finished."""
        while True:
            for index, byte in enumerate(self.buffer):
                if byte == 10:
                    line = bytes(self.buffer[:index])
                    self.buffer = self.buffer[index + 1:]
                    return line.decode("utf-8", "replace").rstrip("\r")
            try:
                data = self.sock.recv(1024)
            except OSError:
                return None
            if not data:
                return None
            self.buffer += data


def pretty(line):
    name, separator, text = line.partition(": ")
    if not separator:
        return line
    return "[%s] %s" % (name, text)


def incoming(framer):
    while True:
        line = framer.read_line()
        if line is None:
            print("Connection closed - press ENTER")
            return
        if line != "DONE":
            print(pretty(line))


sock = socket.socket()
try:
    sock.connect((HOST, PORT))
except OSError:
    print("Start the server first!")
    raise SystemExit(1)

print("Enter a nickname, then start talking.")
print("-------------------------------------")
reader = threading.Thread(target=incoming, args=(Framer(sock),))
reader.daemon = True
reader.start()
while reader.is_alive():
    try:
        text = input()
        sock.sendall((text + "\n").encode("utf-8"))
    except (EOFError, KeyboardInterrupt, OSError):
        break
    if text.strip().upper() == "EXIT":
        reader.join(2.0)
        break
sock.close()
