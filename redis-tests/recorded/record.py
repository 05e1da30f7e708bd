#!/usr/bin/env python3
"""Records what a Redis server answers: record.py PORT FILE.commands > FILE.txt

Each line of the input is a command, quoted as redis-cli quotes; "~" before it says that the order of its elements is free, "?" that
the reply varies and only its kind counts. The output repeats the command after "> ", then its replies, "2 " in RESP2 and "3 " in RESP3
("= " when they are the same), and "! " for each keyspace event it caused. RecordedRepliesTest plays the output against Nuthatch.
"""
import socket
import sys

def split(line):
    out, cur, i, quoted, has = [], bytearray(), 0, False, False
    while i < len(line):
        c = line[i]
        if quoted:
            if c == '\\':
                i += 1
                if line[i] == 'x':
                    cur.append(int(line[i + 1:i + 3], 16)); i += 2
                else:
                    cur += {'n': b'\n', 'r': b'\r', 't': b'\t'}.get(line[i], line[i].encode())
            elif c == '"':
                quoted = False
            else:
                cur += c.encode()
        elif c == '"':
            quoted = has = True
        elif c == ' ':
            if cur or has:
                out.append(bytes(cur)); cur = bytearray(); has = False
        else:
            cur += c.encode()
        i += 1
    if cur or has:
        out.append(bytes(cur))
    return out

class Client:
    def __init__(self, port, proto):
        self.s = socket.create_connection(('127.0.0.1', port)); self.f = self.s.makefile('rb')
        self.call([b'HELLO', str(proto).encode()])
    def send(self, args):
        self.s.sendall(b'*%d\r\n' % len(args) + b''.join(b'$%d\r\n%s\r\n' % (len(a), a) for a in args))
    def call(self, args):
        self.send(args); return self.read()
    def read(self):
        line = self.f.readline()[:-2]; t, rest = chr(line[0]), line[1:]
        if t in '+-:,#(_':
            return (t, rest)
        if t in '$=':
            n = int(rest)
            if n < 0: return ('$', None)
            d = self.f.read(n); self.f.read(2); return (t, d)
        n = int(rest)
        if n < 0: return ('*', None)
        return (t, [self.read() for _ in range(n * 2 if t in '%|' else n)])

def text(b):
    return '"' + ''.join(chr(c) if 32 <= c < 127 and c not in (34, 92) else '\\' + chr(c) if c in (34, 92) else '\\x%02x' % c for c in b) + '"'

def show(r, free=False, vague=False):
    t, v = r
    if v is None: return t + 'nil'
    if isinstance(v, list):
        if vague: return t + '[...]'
        parts = [show(x, free) for x in v]
        if t == '%': parts = [a + ': ' + b for a, b in zip(parts[::2], parts[1::2])]
        if free: parts.sort()
        return t + '[' + ', '.join(parts) + ']'
    if vague: return t
    return t + text(v) if t in '$=' else t + v.decode()

def main():
    port, path = int(sys.argv[1]), sys.argv[2]
    lines = [l.rstrip('\n') for l in open(path)]
    replies = {}
    for proto in (2, 3):
        c, sub = Client(port, proto), Client(port, 2)
        c.call([b'CONFIG', b'SET', b'notify-keyspace-events', b'KEA']); c.call([b'FLUSHALL'])
        sub.call([b'PSUBSCRIBE', b'__keyevent@*__:*', b'mark'])
        sub.read()
        for n, line in enumerate(lines):
            if not line or line[0] == '#': continue
            free, vague = line[0] == '~', line[0] == '?'
            r = show(c.call(split(line.lstrip('~?'))), free, vague)
            c.call([b'PUBLISH', b'mark', b'x'])
            events = []
            while True:
                m = sub.read()[1]
                if m[2][1] == b'mark': break
                events.append(m[2][1].decode().replace('__keyevent@', '').replace('__:', ' ') + ' ' + text(m[3][1]))
            replies.setdefault(n, []).append((r, events))
        c.call([b'CONFIG', b'SET', b'notify-keyspace-events', b''])
    print('# Recorded by record.py from Redis; do not edit, edit the .commands file.')
    for n, line in enumerate(lines):
        if n not in replies: print(line); continue
        (a, ev), (b, ev3) = replies[n]
        print('> ' + line)
        if a == b: print('= ' + a)
        else: print('2 ' + a); print('3 ' + b)
        assert ev == ev3 or line[0] == '?', (line, ev, ev3)
        for e in ev: print('! ' + e)

main()
