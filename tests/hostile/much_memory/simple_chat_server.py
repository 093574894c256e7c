"""Takes memory in steps of 64 MB, up to 2 GB."""

from right_chat import attempt, serve


def take():
    taken = []
    try:
        while len(taken) < 32:
            taken.append(bytearray(b"x") * (64 << 20))
        return len(taken) * 64
    finally:
        print(f"{len(taken) * 64} MB", flush=True)


attempt("2 GB", take)
serve()
