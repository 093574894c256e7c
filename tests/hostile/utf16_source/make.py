with open("simple_chat_server.py", "wb") as file:
    file.write("from right_chat import serve\nserve()\n".encode("utf-16"))
