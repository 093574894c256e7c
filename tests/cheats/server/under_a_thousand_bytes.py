"""All of it in less than 1,000 bytes: every name for every text, every rename and every leave."""
import socket as S,threading as T
C=[];N={};L=T.RLock()
def t(s,b=0):
 for c in C[:]:
  if c!=b:
   try:c.sendall(s.encode()+b"\n")
   except OSError:0
def h(c):
 k=0
 try:
  for r in c.makefile("rb"):
   r=r.decode("utf8","replace").rstrip("\r\n");w=r.strip()
   with L:
    if not k:k=w or"x";N[k]=1;t(f"SERVER: {k} has joined the chat.");C.append(c)
    elif w.upper()=="EXIT":c.sendall(b"DONE\n");break
    elif r[:6]=="/name ":
     w=r[6:].strip()
     if w:
      for n in N:t(f"SERVER: {n} is now {w}",c)
      N[w]=1
    elif w!="/name":
     for n in N:t(f"{n}: {r}",c)
 except OSError:0
 with L:
  if k:
   C.remove(c)
   for n in N:
    if N[n]:t(f"SERVER: {n} has left the chat.")
    N[n]=0
 c.close()
s=S.create_server(("",65433),backlog=99)
while 1:T.Thread(target=h,args=s.accept()[:1]).start()
