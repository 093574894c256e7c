"""Our ends of connections: peers, the host that clients call, framing, transcript. It knows no process and no verdict."""
