"""Prints what breaks those who show it, then fails, so that it is shown."""

import os

ODD = [b"\0" * 100, bytes(range(256)), b"\xed\xa0\x80 \xff\xfe", b"\x1b]0;written-by-an-attacker\x07\x1b[2J\x1b[1;1H", b"\x9b31m"]
ODD += ["[bold red]markup[/] \u202eright to left\u202c \u2028 \ufeff".encode(), b"</pre><script>alert(1)</script>", b"=1+1\r\x08"]
for part in ODD:
    os.write(1, part + b"\n")
raise SystemExit("[/nothing] \x1b]52;c;d3JpdHRlbg==\x07 \udcff".encode("utf-8", "surrogateescape").decode("latin-1"))
