#!/usr/bin/env python3
"""A bad network for tests: fault_proxy.py CONTROL [--raw]. Stands before a server and hands its answers on, spoiled as CONTROL says, a JSON file that may be
replaced at any time: {"n": 1, "upstream": "HOST:PORT", "fault": KIND, "paths": PATTERN, "authorization": TEXT, "refusal": [STATUS, BODY], "tls": PEM}. KIND is
of faults.py, or "" for none; only requests whose "METHOD PATH\\nBODY" matches PATTERN (a regular expression) are spoiled. TEXT: requests whose Authorization lacks it
are refused. tls: the proxy speaks TLS with this certificate and key. Prints its port as its first line, then "applied N" once a CONTROL with this n holds: every
connection of before is gone then. --raw: bytes instead of HTTP (for SSH): cut (after 8000 bytes of the server), flip (the byte behind them is another), slow,
refuse (no connection is served). Each request is a line on stderr."""
import argparse
import http.client
import json
import re
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import faults

parser = argparse.ArgumentParser()
parser.add_argument("control")
parser.add_argument("--raw", action="store_true")
options = parser.parse_args()

RAW_BYTES = 8000
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade"}
lock = threading.Lock()
clients = set()  # sockets of connections under way
control = {"n": 0, "upstream": "127.0.0.1:1"}
context = None


def close(s):
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def follow():
    """Takes up each new CONTROL."""
    global control, context
    while True:
        try:
            with open(options.control, encoding="utf-8") as f:
                new = json.load(f)
        except (FileNotFoundError, ValueError):
            new = control
        if new["n"] != control["n"]:
            fresh = None
            if new.get("tls"):
                fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                fresh.options |= ssl.OP_NO_TICKET
                fresh.num_tickets = 0  # each connection shows its certificate
                fresh.load_cert_chain(new["tls"])
            with lock:
                control, context = new, fresh
                gone = list(clients)
            for s in gone:
                close(s)
            print("applied", new["n"], flush=True)
        time.sleep(0.01)


def upstream_of(now):
    host, _, port = now["upstream"].rpartition(":")
    return host, int(port)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while (size := int(self.rfile.readline(), 16)) > 0:
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def serve(self):
        body, now = self.body(), control
        fault = now.get("fault", "")
        if fault and not re.search(now.get("paths", ""), self.command + " " + self.path + "\n" + body[:300].decode("latin-1")):
            fault = ""
        if now.get("authorization") and now["authorization"] not in self.headers.get("Authorization", ""):
            status, text = now["refusal"]
            return faults.spoil(self, "", status, [("WWW-Authenticate", 'Basic realm="test"')] if status == 401 else [], text.encode())
        if fault.isdigit():
            return faults.spoil(self, fault, 0, [], b"")
        connection = http.client.HTTPConnection(*upstream_of(now))
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP:
                connection.putheader(name, value)
        if body or self.command in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        headers = [(k, v) for k, v in answer.getheaders() if k.lower() not in HOP | {"date", "server"}]
        if self.command == "HEAD":  # its length is that of the body it does not have
            self.send_response(answer.status)
            for name, value in headers + [("Content-Length", answer.getheader("Content-Length", "0"))]:
                self.send_header(name, value)
            return self.end_headers()
        return faults.spoil(self, fault, answer.status, headers, data)

    do_GET = do_HEAD = do_POST = do_PUT = serve

    def log_message(self, *_):
        sys.stderr.write("%s %s\n" % (self.command, self.path))


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def process_request_thread(self, request, client_address):
        with lock:
            now = context
        try:
            if now is not None:
                request = now.wrap_socket(request, server_side=True)
        except OSError:
            return request.close()
        with lock:
            clients.add(request)
        try:
            return super().process_request_thread(request, client_address)
        finally:
            with lock:
                clients.discard(request)

    def handle_error(self, *_):
        pass  # the client went away, or we closed it


def pump(source, sink, fault):
    """Bytes of one direction, until either end goes."""
    passed = 0
    try:
        while data := source.recv(1 if fault == "slow" else 65536):
            if fault == "slow":
                time.sleep(0.2)
            if fault == "cut" and passed + len(data) > RAW_BYTES:
                sink.sendall(data[:max(RAW_BYTES - passed, 0)])
                break
            if fault == "flip" and passed <= RAW_BYTES < passed + len(data):
                at = RAW_BYTES - passed
                data = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]
            passed += len(data)
            sink.sendall(data)
    except OSError:
        pass
    close(source)
    close(sink)


def serve_raw(listener):
    while True:
        client, _ = listener.accept()
        now = control
        fault = now.get("fault", "")
        if fault == "refuse":
            client.close()
            continue
        upstream = socket.create_connection(upstream_of(now))
        with lock:
            clients.update((client, upstream))
        threading.Thread(target=pump, args=(client, upstream, ""), daemon=True).start()
        threading.Thread(target=pump, args=(upstream, client, fault), daemon=True).start()


if options.raw:
    listening = socket.create_server(("127.0.0.1", 0))
else:
    server = Server(("127.0.0.1", 0), Handler)
    listening = server.socket
print(listening.getsockname()[1], flush=True)
threading.Thread(target=follow, daemon=True).start()
if options.raw:
    serve_raw(listening)
else:
    server.serve_forever()
