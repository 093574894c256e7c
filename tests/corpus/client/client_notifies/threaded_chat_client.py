"""Says that something has come, and logs the raw bytes, before it shows the message."""
import socket
import sys
import threading

count = 0


def listen(sock):
    global count
    rest = b""
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            data = b""
        print("[debug] recv:", data[:60], file=sys.stderr)
        if not data:
            print("[info] server closed", file=sys.stderr)
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            count += 1
            message = line.decode("utf-8", "replace")
            print(f"\a*** message {count}, from {message.split(':')[0]} ***")
            print(message)
            print(f"({count} so far) ", end="", flush=True)


print("[info] connecting", file=sys.stderr)
sock = socket.create_connection(("127.0.0.1", 65433))
print("[info] connected", file=sys.stderr)
name = input("Name: ").strip()
print(f"[info] hello, {name}", file=sys.stderr)
sock.sendall(name.encode() + b"\n")
threading.Thread(target=listen, args=(sock,), daemon=True).start()
for line in sys.stdin:
    line = line.strip()
    if not line:
        continue
    print("[debug] send:", line[:20], "...", file=sys.stderr)
    sock.sendall(line.encode() + b"\n")
    if line.upper() == "EXIT":
        break
