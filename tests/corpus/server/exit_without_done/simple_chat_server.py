import socket, threading

class Kunde:
    pass

kunden = []
schloss = threading.Lock()

def sende(kunde, text):
    try:
        kunde.sock.sendall(text.encode("utf-8") + b"\n")
    except OSError:
        pass

def an_alle(text, ausser=None):
    with schloss:
        for k in kunden:
            if k is not ausser:
                sende(k, text)

def naechste_zeile(kunde):
    while True:
        if kunde.zeilen:
            return kunde.zeilen.pop(0)
        try:
            stueck = kunde.sock.recv(2048)
        except OSError:
            return None
        if not stueck:
            return None
        kunde.rest += stueck
        if b"\n" in stueck:
            teile = kunde.rest.split(b"\n")
            kunde.rest = teile[-1]
            for t in teile[:-1]:
                kunde.zeilen.append(t.decode("utf-8", "replace").rstrip("\r"))

def bediene(kunde):
    zeile = naechste_zeile(kunde)
    if zeile is None:
        kunde.sock.close()
        return
    kunde.name = zeile.strip()
    if kunde.name == "":
        kunde.name = "Gast " + str(kunde.port)
    with schloss:
        kunden.append(kunde)
    an_alle("SERVER: " + kunde.name + " has joined the chat.", kunde)

    # Hauptschleife
    while True:
        zeile = naechste_zeile(kunde)
        if zeile is None or zeile.strip().lower() == "exit":
            break
        if zeile.startswith("/name ") or zeile == "/name":
            neu = zeile[5:].strip()
            if neu != "":
                an_alle("SERVER: " + kunde.name + " is now " + neu, kunde)
                kunde.name = neu
        else:
            an_alle(kunde.name + ": " + zeile, kunde)

    with schloss:
        kunden.remove(kunde)
    kunde.sock.close()
    an_alle("SERVER: " + kunde.name + " has left the chat.")

def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 65433))
    s.listen(30)
    print("Server laeuft")
    while True:
        k = Kunde()
        k.sock, adresse = s.accept()
        k.port = adresse[1]
        k.rest = b""
        k.zeilen = []
        threading.Thread(target=bediene, args=(k,), daemon=True).start()

main()
