# simple_chat_server.py
# homework networking

import socket
import threading

Port = 65433
Users = []
UsersLock = threading.Lock()


class User:
    Name = ""
    Socket = None
    Data = b""

    def Write(self, Text):
        try:
            self.Socket.sendall(Text.encode("utf-8") + b"\n")
        except OSError:
            pass

    def Read(self):
        while True:
            Line, Sep, Rest = self.Data.partition(b"\n")
            if Sep:
                self.Data = Rest
                return Line.decode("utf-8", "replace").rstrip("\r")
            try:
                New = self.Socket.recv(20000)
            except OSError:
                return None
            if New == b"":
                return None
            self.Data = self.Data + New


def Tell(Text, NotHim=None):
    UsersLock.acquire()
    for U in Users:
        if U != NotHim:
            U.Write(Text)
    UsersLock.release()


def Rename(U, New):
    if New == "":
        return
    Tell("SERVER: " + U.Name + " is now " + New)
    U.Name = New


def Chat(U):
    while True:
        Line = U.Read()
        if Line == None:
            return
        if Line.strip().upper() == "EXIT":
            UsersLock.acquire()
            U.Write("DONE")
            UsersLock.release()
            return
        if Line.strip() == "/name" or Line[0:6] == "/name ":
            Rename(U, Line.strip()[5:].strip())
            continue
        Tell(U.Name + ": " + Line, U)


def Work(Sock, Addr):
    U = User()
    U.Socket = Sock
    Name = U.Read()
    if Name == None:
        Sock.close()
        return
    U.Name = Name.strip()
    if U.Name == "":
        U.Name = "User " + str(Addr[1])
    UsersLock.acquire()
    Users.append(U)
    UsersLock.release()
    Tell("SERVER: " + U.Name + " has joined the chat.", U)
    Chat(U)
    UsersLock.acquire()
    Users.remove(U)
    UsersLock.release()
    Sock.close()
    Tell("SERVER: " + U.Name + " has left the chat.")


Server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
Server.bind(("0.0.0.0", Port))
Server.listen(40)
print("Server is listening on port", Port)
while True:
    Sock, Addr = Server.accept()
    threading.Thread(target=Work, args=(Sock, Addr), daemon=True).start()
