"""The codelab's words and numbers, in one place. A course that uses others sets them in chatgrade.toml."""

PORT = 65433

FRAMED = "framed_"  # begins the roles of Task 5's programs

# What a program must hold that makes or reads headers of four bytes, in whatever way.
MAKES_HEADERS = r"struct|to_bytes|from_bytes|>>\s*24|<<\s*24|htonl|ntohl|ctypes|\barray\b"

FILES = {
    "server": "simple_chat_server.py",
    "client": "threaded_chat_client.py",
    "framed_server": "length_prefix_server.py",
    "framed_client": "length_prefix_client.py",
}

# Each may be one text or a list of texts of which any is right.
WORDING: "dict[str, object]" = {
    "joined": "SERVER: {name} has joined the chat.",
    "left": "SERVER: {name} has left the chat.",
    "renamed": "SERVER: {old} is now {new}",
    "chat": "{name}: {text}",
    "exit": "EXIT",
    "done": "DONE",
    "rename": "/name {new}",
    "prompt": [],  # what a server asks without a newline before the nickname; ignored at the start of a line
}
