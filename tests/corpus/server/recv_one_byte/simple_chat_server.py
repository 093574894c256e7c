#!/usr/bin/env python3
import socket
import threading

room = []
room_lock = threading.Lock()


def read_until_newline(s):
    """One byte at a time, so nothing of the next line is ever taken."""
    line = bytearray()
    recv = s.recv
    while True:
        c = recv(1)
        if c == b"\n":
            break
        if not c:
            return None
        line += c
    text = line.decode("utf-8", errors="replace")
    return text.rstrip("\r")


def speak(text, silent_for=None):
    data = text.encode("utf-8") + b"\n"
    room_lock.acquire()
    try:
        for member in room:
            if member is silent_for:
                continue
            try:
                member["socket"].sendall(data)
            except OSError:
                pass
    finally:
        room_lock.release()


def member_thread(s, address):
    member = {"socket": s, "name": None}
    try:
        line = read_until_newline(s)
        while line is not None:
            if member["name"] is None:
                member["name"] = line.strip() or address[0] + ":" + str(address[1])
                with room_lock:
                    room.append(member)
                speak("SERVER: %(name)s has joined the chat." % member, member)
            elif line.strip().upper() == "EXIT":
                with room_lock:
                    s.sendall(b"DONE\n")
                break
            elif line.startswith("/name") and (line == "/name" or line[5].isspace()):
                wanted = line[5:].strip()
                if wanted:
                    text = "SERVER: %s is now %s" % (member["name"], wanted)
                    member["name"] = wanted
                    speak(text, member)
            else:
                speak(member["name"] + ": " + line, member)
            line = read_until_newline(s)
    except OSError:
        pass

    with room_lock:
        s.close()
        if member["name"] is not None:
            room.remove(member)
    if member["name"] is not None:
        speak("SERVER: %(name)s has left the chat." % member)


if __name__ == "__main__":
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", 65433))
    server.listen(25)
    print("ready")
    while True:
        s, address = server.accept()
        threading.Thread(target=member_thread, args=(s, address), daemon=True).start()
