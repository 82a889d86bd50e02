"""What a bad server does to an answer, for every server of the tests (git_server.py, fault_proxy.py). KIND is
a number (that status, with Retry-After: 1), drop (the answer ends behind its head, and the connection with it), cut (in the middle), short (it is
whole, but what it carries is not), flip (a byte of what it carries is another), slow (it comes drop by drop)."""
import time

def payload(data):
    """Where what an answer carries begins: behind the lines that lead up to a git pack."""
    return max(data.find(b"PACK"), 0)


def flipped(data):
    at = payload(data) + (len(data) - payload(data)) // 2
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


def spoil(handler, kind, status, headers, data):
    """Answers a BaseHTTPRequestHandler's request; `headers` as pairs, without Content-Length."""
    if kind.isdigit():
        status, headers, data = int(kind), [("Retry-After", "1")], b"not now"
    elif kind == "short":
        data = data[:payload(data) + (len(data) - payload(data)) // 2]
    elif kind == "flip" and data:
        data = flipped(data)
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    if handler.command == "HEAD":
        return
    if kind in ("drop", "cut", "slow"):
        handler.close_connection = True
    if kind in ("drop", "cut"):
        data = data[:len(data) // 2 if kind == "cut" else 0]
    if kind != "slow":
        handler.wfile.write(data)
        return
    for byte in data:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.2)
