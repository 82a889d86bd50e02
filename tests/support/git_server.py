#!/usr/bin/env python3
"""Smart-HTTP git server for tests and the demo: git_server.py ROOT [--user NAME:PASSWORD]
Serves ROOT/*.git through git http-backend on a free port of 127.0.0.1, which it prints as its first line. With --user, every
repository below /private/ asks for these basic credentials. A path /fault-KIND/x.git is x.git served badly: KIND is one of faults.py, of every answer if it is a
number, else of answers to a fetch, or endless (a listing without end). A file ROOT/fault with a KIND in it does the same to every repository until it
is gone. The file of --tls may be replaced while the server runs. Each request is a line on stderr."""
import argparse
import base64
import os
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import faults

parser = argparse.ArgumentParser()
parser.add_argument("root")
parser.add_argument("--user", default="")
parser.add_argument("--bearer", default="", help="every request must bring this token")
parser.add_argument("--tls", default="", help="serve HTTPS with this PEM file of certificate and key")
parser.add_argument("--client-ca", default="", help="clients need a certificate of this authority")
options = parser.parse_args()
ROOT = os.path.abspath(options.root)
CREDENTIALS = "Basic " + base64.b64encode(options.user.encode()).decode()


def switched_fault():
    try:
        with open(os.path.join(ROOT, "fault"), encoding="ascii") as f:
            return f.read().strip()
    except FileNotFoundError:
        return ""


def reload_certificate():
    """True if the certificate is another one since the last look."""
    global certificate
    if not options.tls or os.stat(options.tls).st_mtime_ns == certificate:
        return False
    certificate = os.stat(options.tls).st_mtime_ns
    context.load_cert_chain(options.tls)
    return True


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

    def endless(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-result")
        self.end_headers()
        line = b"%s refs/heads/b\n" % (b"1" * 40)
        while True:
            self.wfile.write((b"%04x" % (len(line) + 4) + line) * 1000)

    def serve(self):
        url, body, fault = urlsplit(self.path), self.body(), switched_fault()
        self.close_connection |= bool(fault) or reload_certificate()
        if url.path.startswith("/fault-"):
            fault, _, rest = url.path[7:].partition("/")
            url = url._replace(path="/" + rest)
        if fault.isdigit():
            return faults.spoil(self, fault, 0, [], b"")
        if fault == "endless" and b"command=ls-refs" in body:
            return self.endless()
        if options.user and url.path.startswith("/private/") and self.headers.get("Authorization") != CREDENTIALS:
            return faults.spoil(self, "", 401, [("WWW-Authenticate", 'Basic realm="test"')], b"")
        if options.bearer and self.headers.get("Authorization") != "Bearer " + options.bearer:
            return faults.spoil(self, "", 401, [("WWW-Authenticate", "Bearer")], b"")
        env = dict(os.environ, GIT_PROJECT_ROOT=ROOT, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=unquote(url.path), QUERY_STRING=url.query,
                   REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
                   REMOTE_ADDR="127.0.0.1", REMOTE_USER="test")
        for header, variable in (("Git-Protocol", "GIT_PROTOCOL"), ("Content-Encoding", "HTTP_CONTENT_ENCODING")):
            if self.headers.get(header):
                env[variable] = self.headers[header]
        out = subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True, check=False).stdout
        head, _, data = out.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in filter(None, head.decode().split("\r\n")):
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers.append((name, value))
        return faults.spoil(self, fault if b"command=fetch" in body else "", status, headers, data)

    do_GET = do_POST = serve

    def log_message(self, *_):
        sys.stderr.write("%s %s\n" % (self.command, self.path))


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def get_request(self):
        reload_certificate()
        return super().get_request()


server = Server(("127.0.0.1", 0), Handler)
certificate = 0
if options.tls:
    certificate = os.stat(options.tls).st_mtime_ns
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0  # each connection shows its certificate
    context.load_cert_chain(options.tls)
    if options.client_ca:
        context.load_verify_locations(options.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
