"""Shows each text for several speakers: for the one who said it, for all others who were heard, and for oneself."""
import socket
import threading

speakers = []


def listen(conn):
    for raw in conn.makefile("rb"):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        speaker, colon, text = line.partition(": ")
        if not colon:
            speaker, text = "somebody", line
        if speaker not in speakers:
            speakers.append(speaker)
        for one in speakers:
            print(one + ": " + text, flush=True)
    print("(no more)", flush=True)


def main():
    conn = socket.create_connection(("127.0.0.1", 65433))
    name = input("Your name? ")
    speakers.append(name)
    conn.sendall(name.encode() + b"\n")
    threading.Thread(target=listen, args=(conn,), daemon=True).start()
    while True:
        line = input("> ")
        conn.sendall(line.encode() + b"\n")
        if line.strip().lower() == "exit":
            return


main()
