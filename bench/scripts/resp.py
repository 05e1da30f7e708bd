"""A Redis client in a few lines, for scripts that should run without one installed."""
import re
import socket


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.stream = self.socket.makefile("rb")

    def call(self, *args):
        self.socket.sendall(encode(*args))
        return self.reply()

    def pipeline(self, commands):
        """Sends encoded commands together and returns the replies."""
        self.socket.sendall(b"".join(commands))
        return [self.reply() for _ in commands]

    def reply(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return int(rest) if kind == b":" else rest

    def memory(self):
        """INFO memory's whole numbers by name."""
        return {m[0].decode(): int(m[1]) for m in re.findall(rb"(\w+):(\d+)\r", self.call("INFO", "memory") + b"\r")}

    def index(self, name):
        """FT.INFO by name."""
        info = self.call("FT.INFO", name)
        return {k.decode() if isinstance(k, bytes) else k: v for k, v in zip(info[::2], info[1::2])}


def encode(*args):
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) * 1024
