#!/usr/bin/env python3
"""A proxy for tests: connect_proxy.py USER:PASSWORD, or "" for anybody. Tunnels (CONNECT, or SOCKS5 with a name) and hands on plain requests for who brings these
credentials; every name that is no address is this machine. Prints its port as its first line, then a line for each: "tunnel HOST:PORT", "socks HOST:PORT",
"request GET URL", and "refused CONNECT HOST:PORT" or "refused GET URL" for the others."""
import base64
import socket
import sys
import threading
from urllib.parse import urlsplit

WANT = "Basic " + base64.b64encode(sys.argv[1].encode()).decode() if sys.argv[1] else None
REFUSAL = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def say(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


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


def dial(host, port):
    return socket.create_connection((host if host.replace(".", "").isdigit() else "127.0.0.1", port))


def join(client, upstream):
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    return pump(client, upstream)


def serve_socks(client):
    methods = exactly(client, exactly(client, 1)[0])
    if WANT is None:
        client.sendall(b"\5\0")
    elif 2 not in methods:
        client.sendall(b"\5\xff")
        return client.close()
    else:
        client.sendall(b"\5\2")
        exactly(client, 1)
        user = exactly(client, exactly(client, 1)[0])
        password = exactly(client, exactly(client, 1)[0])
        if user + b":" + password != sys.argv[1].encode():
            client.sendall(b"\1\1")
            return client.close()
        client.sendall(b"\1\0")
    exactly(client, 3)
    kind = exactly(client, 1)[0]
    host = socket.inet_ntoa(exactly(client, 4)) if kind == 1 else exactly(client, exactly(client, 1)[0]).decode()
    port = int.from_bytes(exactly(client, 2), "big")
    try:
        upstream = dial(host, port)
    except OSError:
        client.sendall(b"\5\5\0\1" + bytes(6))
        return client.close()
    say("socks", "%s:%d" % (host, port))
    client.sendall(b"\5\0\0\1" + bytes(6))
    return join(client, upstream)


def serve(client):
    head = client.recv(1)
    if head == b"\5":
        return serve_socks(client)
    while b"\r\n\r\n" not in head:
        part = client.recv(4096)
        if not part:
            return None
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    method, target, version = lines[0].split(" ")
    fields = [line.partition(": ")[::2] for line in lines[1:]]
    if WANT not in (None, dict((k.lower(), v) for k, v in fields).get("proxy-authorization")):
        say("refused", method, target)
        client.sendall(REFUSAL)
        return client.close()
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        upstream = dial(host, int(port))
        say("tunnel", target)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return join(client, upstream)
    url = urlsplit(target)
    upstream = dial(url.hostname, url.port or 80)
    say("request", method, target)
    kept = ["%s: %s" % (k, v) for k, v in fields if k.lower() not in ("connection", "proxy-connection", "proxy-authorization")]
    path = (url.path or "/") + ("?" + url.query if url.query else "")
    upstream.sendall("\r\n".join(["%s %s %s" % (method, path, version)] + kept + ["Connection: close", "", ""]).encode() + body)
    return join(client, upstream)


def guarded(client):
    try:
        serve(client)
    except OSError:
        client.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
say(str(listener.getsockname()[1]))
while True:
    connection, _ = listener.accept()
    threading.Thread(target=guarded, args=(connection,), daemon=True).start()
