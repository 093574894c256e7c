with open("simple_chat_server.py", "w") as file:
    file.write("from right_chat import serve\nserve()\nx = [" + "(0,)," * 2_000_000 + "]\n")
