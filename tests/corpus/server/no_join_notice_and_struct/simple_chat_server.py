# Chat server, second session
# every line that a client sends goes to all the others
import socket
import threading

MAXQUEUE = 64
list_of_clients = []
list_lock = threading.RLock()

def sendLine(sock, s):
    try:
        sock.sendall((s + "\n").encode("utf-8"))
    except OSError as e:
        print("send failed:", e)

def sendToOthers(me, s):
    list_lock.acquire()
    for entry in list_of_clients:
        if entry["socket"] is not me["socket"]:
            sendLine(entry["socket"], s)
    list_lock.release()

def readLine(me):
    while b"\n" not in me["data"]:
        try:
            chunk = me["socket"].recv(16384)
        except OSError:
            return None
        if not chunk:
            return None
        me["data"] = me["data"] + chunk
    pos = me["data"].index(b"\n")
    line = me["data"][:pos]
    me["data"] = me["data"][pos + 1:]
    return line.decode("utf-8", errors="replace").rstrip("\r")

def work(me):
    nick = readLine(me)
    if nick is None:
        me["socket"].close()
        return
    nick = nick.strip()
    if len(nick) == 0:
        nick = "client " + str(me["port"])
    me["nick"] = nick
    list_lock.acquire()
    list_of_clients.append(me)
    list_lock.release()
    print(nick, "is here,", len(list_of_clients), "clients")

    while True:
        line = readLine(me)
        if line is None:
            break
        if line.strip().upper() == "EXIT":
            list_lock.acquire()
            sendLine(me["socket"], "DONE")
            list_lock.release()
            break
        if line.strip() == "/name":
            continue
        if line[:6] == "/name ":
            newnick = line[6:].strip()
            sendToOthers(me, "SERVER: " + me["nick"] + " is now " + newnick)
            me["nick"] = newnick
            continue
        sendToOthers(me, me["nick"] + ": " + line)

    list_lock.acquire()
    list_of_clients.remove(me)
    list_lock.release()
    me["socket"].close()
    sendToOthers(me, "SERVER: " + me["nick"] + " has left the chat.")
    print(me["nick"], "is gone")

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 65433))
server.listen(MAXQUEUE)
print("server started")
while 1:
    conn, address = server.accept()
    client = {"socket": conn, "port": address[1], "nick": None, "data": b""}
    threading.Thread(target=work, args=(client,), daemon=True).start()

# With the struct module, each message could have its length before it.
