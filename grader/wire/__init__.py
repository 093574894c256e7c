"""Our ends of connections: peers, the mock server, framing, transcript. It knows no process and no verdict."""
