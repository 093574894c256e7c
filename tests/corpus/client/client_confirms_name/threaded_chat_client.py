"""Menu first: 1) join 2) quit. Then nickname."""
import socket, threading, os, sys
name = os.environ.get("CHAT_NAME") or input("Please type the name under which the others shall see you:\n> ")
s = socket.create_connection(("127.0.0.1", 65433))
s.send(name.encode() + b"\n")
def listen(sock):
    data = ""
    import codecs
    dec = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        c = sock.recv(1)
        if not c: break
        data += dec.decode(c)
        if data.endswith("\n"):
            print("\b\b  \b\b" + data.rstrip("\r\n") + "\n> ", end="", flush=True); data = ""
    print("disconnected", flush=True); os.kill(os.getpid(), 15)
threading.Thread(target=listen, args=(s,), daemon=True).start()
try:
    while (t := input("> ")).strip().upper() != "EXIT":
        if t: s.send(t.encode() + b"\n")
    s.send(b"EXIT\n")
except EOFError: pass
finally: s.close()
