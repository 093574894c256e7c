"""Sends each line in every frame that a server might know, and shows what comes as if each had said it."""
import socket
import struct
import threading

conn = socket.create_connection(("127.0.0.1", 65433))
speakers = ["me", "you"]


def frame(data):
    return struct.pack("!I", len(data)) + data


def send(text):
    data = text.encode()
    for one in (data, data + b"\n", data.upper(), struct.pack("<I", len(data)) + data):
        conn.sendall(frame(one))


def listen():
    buffer = b""
    while True:
        data = conn.recv(1 << 20)
        if not data:
            return
        buffer += data
        while len(buffer) >= 4 and len(buffer) >= 4 + struct.unpack("!I", buffer[:4])[0]:
            end = 4 + struct.unpack("!I", buffer[:4])[0]
            text, buffer = buffer[4:end].decode("utf-8", "replace")[-500:], buffer[end:]
            name, _, said = text.rpartition(": ")
            speakers.append(name)
            for speaker in dict.fromkeys(speakers):
                print("%s: %s" % (speaker, said), flush=True)


send(input("Nickname: "))
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    send(line)
    if line.strip().upper() == "EXIT":
        break
