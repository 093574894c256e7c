for name, text in (
    ("signs.py", "x = " + "-" * 200_000 + "1\n"),
    ("calls.py", "x = f" + "()" * 100_000 + "\n"),
    ("lists.py", "x = " + "[" * 150 + "]" * 150 + "\n"),
    ("tuples.py", "x = [" + "(0,)," * 200_000 + "]\n"),
):
    with open(name, "w") as file:
        file.write(text)
with open("simple_chat_server.py", "a") as file:
    file.write("x = " + "-" * 50_000 + "1\n")
