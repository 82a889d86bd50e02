#!/usr/bin/env python3
"""A proxy for tests: connect_proxy.py USER:PASSWORD. Tunnels (CONNECT, or SOCKS5 with a name) for who brings these credentials; prints its port as its first line, then a
line for each tunnel it opened."""
import base64
import socket
import sys
import threading

WANT = "Basic " + base64.b64encode(sys.argv[1].encode()).decode()


def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    finally:
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def exactly(client, count):
    data = b""
    while len(data) < count:
        part = client.recv(count - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


def serve_socks(client):
    methods = exactly(client, exactly(client, 1)[0])
    if 2 not in methods:
        client.sendall(b"\5\xff")
        return client.close()
    client.sendall(b"\5\2")
    exactly(client, 1)
    user = exactly(client, exactly(client, 1)[0])
    password = exactly(client, exactly(client, 1)[0])
    if user + b":" + password != sys.argv[1].encode():
        client.sendall(b"\1\1")
        return client.close()
    client.sendall(b"\1\0")
    exactly(client, 4)
    host = exactly(client, exactly(client, 1)[0]).decode()
    port = int.from_bytes(exactly(client, 2), "big")
    try:
        upstream = socket.create_connection((host, port))
    except OSError:
        client.sendall(b"\5\5\0\1" + bytes(6))
        return client.close()
    print("socks %s:%d" % (host, port), flush=True)
    client.sendall(b"\5\0\0\1" + bytes(6))
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    return pump(client, upstream)


def serve(client):
    head = client.recv(1)
    if head == b"\5":
        return serve_socks(client)
    while b"\r\n\r\n" not in head:
        part = client.recv(4096)
        if not part:
            return None
        head += part
    lines = head.decode().split("\r\n")
    method, target, _ = lines[0].split(" ")
    headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
    if method != "CONNECT" or headers.get("proxy-authorization") != WANT:
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n")
        return client.close()
    host, _, port = target.rpartition(":")
    upstream = socket.create_connection((host, int(port)))
    print("tunnel " + target, flush=True)
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    return pump(client, upstream)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
