#!/usr/bin/env python3
# -*- coding: latin-1 -*-
#
# Serveur de discussion, réalisé à l'école (séance 2)
# Chaque élève connecté a son propre fil d'exécution.

import socket
import threading


class Serveur:
    def __init__(self, port):
        self.port = port
        self.connectes = {}      # socket -> (pseudo, verrou d'écriture)
        self.verrou = threading.Lock()

    def demarrer(self):
        prise = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        prise.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        prise.bind(("0.0.0.0", self.port))
        prise.listen(30)
        print("Serveur démarré")
        while True:
            client, adresse = prise.accept()
            fil = threading.Thread(target=self.accueillir, args=(client, adresse))
            fil.daemon = True
            fil.start()

    def lire(self, client, tampon):
        # renvoie une ligne, None à la fin
        depuis = 0
        while True:
            fin = tampon.find(b"\n", depuis)
            if fin != -1:
                break
            depuis = len(tampon)
            try:
                recu = client.recv(4096)
            except OSError:
                return None
            if len(recu) == 0:
                return None
            tampon.extend(recu)
        ligne = str(tampon[:fin], "utf-8", "replace")
        del tampon[0:fin + 1]
        return ligne.rstrip("\r")

    def ecrire(self, client, verrou, texte):
        with verrou:
            try:
                client.sendall((texte + "\n").encode("utf-8"))
            except OSError:
                pass

    def diffuser(self, texte, sauf=None):
        with self.verrou:
            copie = [(c, v) for c, (_, v) in self.connectes.items() if c is not sauf]
        for c, v in copie:
            self.ecrire(c, v, texte)

    def accueillir(self, client, adresse):
        tampon = bytearray()
        mon_verrou = threading.Lock()
        pseudo = self.lire(client, tampon)
        if pseudo is None:
            client.close()
            return
        pseudo = pseudo.strip() or "élève %s" % adresse[1]
        with self.verrou:
            self.connectes[client] = (pseudo, mon_verrou)
        self.diffuser("SERVER: " + pseudo + " has joined the chat.", client)

        ligne = self.lire(client, tampon)
        while ligne is not None:
            if ligne.strip().upper() == "EXIT":
                self.ecrire(client, mon_verrou, "DONE")
                break
            if ligne.strip() == "/name":
                self.ecrire(client, mon_verrou, "Il manque le pseudo.")
            elif ligne.startswith("/name "):
                ancien = pseudo
                pseudo = ligne[6:].strip()
                with self.verrou:
                    self.connectes[client] = (pseudo, mon_verrou)
                self.diffuser("SERVER: " + ancien + " is now " + pseudo)
            else:
                self.diffuser(pseudo + ": " + ligne, client)
            ligne = self.lire(client, tampon)

        with self.verrou:
            del self.connectes[client]
        with mon_verrou:
            client.close()
        self.diffuser("SERVER: " + pseudo + " has left the chat.")


Serveur(65433).demarrer()
