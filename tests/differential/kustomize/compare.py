#!/usr/bin/env python3
"""Runs hand-chosen builds (cases/*.txt) with sluice and compares output, stderr and exit status with those of the real kustomize.

compare.py --sluice PROGRAM                       against cases/recorded.json, what v5.8.1 said
compare.py --sluice PROGRAM --kustomize PROGRAM   against the real one, here and now
compare.py --kustomize PROGRAM --record           writes cases/recorded.json
-k REGEX picks cases by name, --work DIR is where their files are written.

A file of cases: "=== NAME ARGUMENT..." starts one (default argument: none, so "."; KEY=VALUE is environment), "@@ PATH" a file of it.
A file of the text "LINK X" is a symbolic link, "HEX .." is bytes.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
RECORDED = os.path.join(CASES, "recorded.json")


def parse(path):
    cases, files, at = [], None, None
    stem = os.path.basename(path)[: -len(".txt")]
    with open(path, newline="", encoding="utf-8") as text:
        for line in text:
            if line.startswith("=== "):
                name, *args = line[4:].split()
                files, at = {}, None
                cases.append((stem + "/" + name, args, files))
            elif line.startswith("@@ "):
                at = line[3:].rstrip("\n")
                files[at] = ""
            elif at is not None:
                files[at] += line
    return cases


def write(root, files):
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    for name, text in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if text.startswith("LINK "):
            os.symlink(text[5:].strip(), path)
            continue
        with open(path, "wb") as out:
            out.write(bytes.fromhex(text[4:]) if text.startswith("HEX ") else text.encode())


def normal(raw, work):
    """Addresses, times and folders differ from run to run."""
    text = raw.decode("utf-8", "surrogateescape").replace(work, "${ROOT}")
    text = re.sub(r"0x[0-9a-f]{8,}", "0xADDR", text)
    text = re.sub(r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "", text)
    return text.encode("utf-8", "backslashreplace").decode()


def run(program, args, root, work):
    env = {k: v for k, v in os.environ.items() if not k.startswith("KUSTOMIZE_")}
    argv = []
    for arg in args:
        if re.match("^[A-Z_]+=", arg):
            key, value = arg.split("=", 1)
            env[key] = value
        else:
            argv.append(arg)
    done = subprocess.run([program, "build", *argv], cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    if done.returncode == 2 and b"goroutine " in done.stderr:
        return {"panic": True}
    return {"out": normal(done.stdout, work), "err": normal(done.stderr, work), "status": done.returncode}


def same(want, got):
    return got["status"] != 0 if "panic" in want else want == got


def show(name, want, got):
    print("DIFFERENT", name)
    for key in ("status", "out", "err"):
        if want.get(key) != got.get(key):
            print(f"  {key} want: {want.get(key)!r}\n  {key} got : {got.get(key)!r}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sluice")
    parser.add_argument("--kustomize")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--work")
    parser.add_argument("-k", default="")
    options = parser.parse_args()
    for name in ("sluice", "kustomize"):
        if getattr(options, name):
            setattr(options, name, os.path.abspath(getattr(options, name)))
    work = os.path.realpath(options.work or tempfile.mkdtemp(prefix="kustomize-cases-"))
    cases = [c for f in sorted(os.listdir(CASES)) if f.endswith(".txt") for c in parse(os.path.join(CASES, f))]
    cases = [c for c in cases if re.search(options.k, c[0])]
    recorded = {}
    if not options.kustomize:
        with open(RECORDED, encoding="utf-8") as text:
            recorded = json.load(text)

    def one(case):
        name, args, files = case
        root = os.path.join(work, name)
        write(root, files)
        want = run(options.kustomize, args, root, work) if options.kustomize else recorded[name]
        return name, want, None if options.record else run(options.sluice, args, root, work)

    different = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(one, cases))
    finally:
        if not options.work:
            shutil.rmtree(work, ignore_errors=True)
    if options.record:
        with open(RECORDED, "w", encoding="utf-8") as out:
            json.dump({name: want for name, want, _ in results}, out, indent=0, ensure_ascii=False, sort_keys=True)
            out.write("\n")
        return 0
    for name, want, got in results:
        if not same(want, got):
            different += 1
            show(name, want, got)
    print(f"{len(results)} cases, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
