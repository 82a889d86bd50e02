#!/usr/bin/env python3
"""OpenSSH's sshd for tests: ssh_server.py DIR [--no-protocol]
Makes host and client keys in DIR (host_ed25519, host_rsa; client_ed25519, client_ecdsa, client_rsa with the passphrase "open sesame"), lets the
client keys run git-upload-pack through git-shell and nothing else, and serves on a free port of 127.0.0.1, which it prints as its first line.
--no-protocol: GIT_PROTOCOL is dropped, so that git speaks version 0. Nothing of /etc/ssh is read."""
import argparse
import getpass
import os
import socket
import subprocess

parser = argparse.ArgumentParser()
parser.add_argument("dir")
parser.add_argument("--no-protocol", action="store_true")
options = parser.parse_args()
DIR = os.path.abspath(options.dir)
os.makedirs(DIR, exist_ok=True)


def keygen(name, kind, passphrase=""):
    path = os.path.join(DIR, name)
    if not os.path.exists(path):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path], check=True, stdin=subprocess.DEVNULL)
    with open(path + ".pub", encoding="ascii") as f:
        return f.read()


hosts = {kind: keygen("host_" + kind, kind) for kind in ("ed25519", "rsa")}
clients = [keygen("client_ed25519", "ed25519"), keygen("client_ecdsa", "ecdsa"), keygen("client_rsa", "rsa", "open sesame")]
keygen("stranger", "ed25519")
with open(os.path.join(DIR, "authorized_keys"), "w", encoding="ascii") as f:
    for key in clients:
        f.write('restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" ' + key)
config = os.path.join(DIR, "sshd_config" + ("_v0" if options.no_protocol else ""))
with open(config, "w", encoding="ascii") as f:
    f.write(f"HostKey {DIR}/host_ed25519\nHostKey {DIR}/host_rsa\nAuthorizedKeysFile {DIR}/authorized_keys\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nPidFile none\nLogLevel VERBOSE\n"
            f"AllowUsers {getpass.getuser()}\n" + ("" if options.no_protocol else "AcceptEnv GIT_PROTOCOL\n"))
if os.getuid() == 0:
    os.makedirs("/run/sshd", exist_ok=True)

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
with open(os.path.join(DIR, "known_hosts"), "w", encoding="ascii") as f:
    for key in hosts.values():
        f.write(f"[127.0.0.1]:{port} {key}")
print(port, flush=True)
log = open(os.path.join(DIR, "sshd.log"), "ab")
connections = []
while True:
    connection, _ = listener.accept()
    connections = [p for p in connections if p.poll() is None]
    connections.append(subprocess.Popen(["/usr/sbin/sshd", "-i", "-e", "-f", config], stdin=connection, stdout=connection, stderr=log))
    connection.close()
