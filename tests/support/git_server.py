#!/usr/bin/env python3
"""Smart-HTTP git server for tests and the demo: git_server.py ROOT [--user NAME:PASSWORD]
Serves ROOT/*.git through git http-backend on a free port of 127.0.0.1, which it prints as its first line. With --user, every
repository below /private/ asks for these basic credentials."""
import argparse
import base64
import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

parser = argparse.ArgumentParser()
parser.add_argument("root")
parser.add_argument("--user", default="")
options = parser.parse_args()
ROOT = os.path.abspath(options.root)
CREDENTIALS = "Basic " + base64.b64encode(options.user.encode()).decode()


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

    def answer(self, status, headers, data):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        url, body = urlsplit(self.path), self.body()
        if options.user and url.path.startswith("/private/") and self.headers.get("Authorization") != CREDENTIALS:
            return self.answer(401, [("WWW-Authenticate", 'Basic realm="test"')], b"")
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
        return self.answer(status, headers, data)

    do_GET = do_POST = serve

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
