import os
import shutil
import socket
import textwrap
import threading


def show(line):
    width = shutil.get_terminal_size((80, 24)).columns - 1
    if len(line) <= width:
        print(line, flush=True)
        return
    name, colon, _ = line.partition(": ")
    indent = " " * (len(name) + 2) if colon and len(name) < width // 3 else "  "
    wrapper = textwrap.TextWrapper(width, subsequent_indent=indent, replace_whitespace=False, drop_whitespace=False)
    print("\n".join(wrapper.wrap(line)), flush=True)


def read_messages(sock):
    data = bytearray()
    while True:
        try:
            piece = sock.recv(65536)
        except OSError:
            break
        if not piece:
            break
        data += piece
        while True:
            line, newline, rest = data.partition(b"\n")
            if not newline:
                break
            data = rest
            show(line.decode("utf-8", "replace").rstrip("\r"))
    print("[connection closed]", flush=True)
    os._exit(0)


sock = socket.create_connection(("127.0.0.1", 65433))
print("What shall we call you?")
sock.sendall(input().encode() + b"\n")
threading.Thread(target=read_messages, args=[sock], daemon=True).start()
try:
    while True:
        text = input()
        sock.sendall(text.encode() + b"\n")
        if text.strip().upper() == "EXIT":
            break
except EOFError:
    pass
