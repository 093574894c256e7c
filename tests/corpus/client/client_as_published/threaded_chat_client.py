# Chat client with a background thread for incoming text.
import socket
import threading

SERVER = ("127.0.0.1", 65433)
CHUNK = 1024


def show_incoming(connection):
    """Runs beside input() and prints whatever comes."""
    while True:
        try:
            received = connection.recv(CHUNK)
            if received == b"":
                print("\n[Server closed the connection]")
                return
            print("\n" + received.decode())
        except Exception:
            print("\n[Connection lost]")
            return


def main():
    connection = socket.socket()
    connection.connect(SERVER)
    print("Connected to %s:%d, type 'exit' to quit" % SERVER)
    listener = threading.Thread(target=show_incoming, args=(connection,))
    listener.daemon = True
    listener.start()
    try:
        while True:
            typed = input()
            if typed.lower() == "exit":
                break
            connection.sendall(typed.encode())
    except (KeyboardInterrupt, EOFError):
        pass
    finally:
        connection.close()


if __name__ == "__main__":
    main()
