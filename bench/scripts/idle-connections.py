#!/usr/bin/env python3
"""Opens N idle connections and prints what they cost the server in resident memory.

usage: idle-connections.py PORT SERVER_PID [N]
"""
import resource
import socket
import sys
import time


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


def main():
    port, pid = int(sys.argv[1]), int(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    before = resident_kib(pid)
    clients = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"*1\r\n$4\r\nPING\r\n")
        if client.recv(16) != b"+PONG\r\n":
            sys.exit("no PONG")
        clients.append(client)
    time.sleep(2)
    after = resident_kib(pid)
    print(f"{count} idle connections: {(after - before) / 1024:.1f} MiB, {(after - before) * 1024 / count:.0f} bytes each")


main()
