#!/usr/bin/env python3
"""The house rules a compiler does not check: forbidden calls, includes against the layers, C libraries in public headers,
what a library links, how it is furnished.
lint.py [ROOT]; a line with NOLINT is left alone."""
import os
import re
import sys

ROOT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", ".."))

# What a library may use, beside itself and all that these may use. A test may use any library. The bus keeps its outbox in io's journal.
LAYERS = {
    "base": [], "observe": ["base"], "document": ["base"], "io": ["observe"], "http": ["io"], "bus": ["io"], "artifact": ["io", "archive"],
    "git": ["http"], "kube": ["http", "document"], "api": ["document"], "runtime": ["kube", "api"], "apply": ["kube"],
    "kustomize": ["document", "io", "regex"], "link": ["runtime", "bus"], "archive": ["base"], "pgp": ["base"], "regex": ["base"],
    "gotemplate": ["document"], "helm": ["gotemplate", "archive", "io", "pgp"], "oci": ["http", "document"], "sigstore": ["document", "regex"],
    "cloud": ["http", "document", "regex"], "bucket": ["http", "document", "cloud"],
}

CALLS = [  # pattern, what, where (a predicate over the path)
    (re.compile(r"(?<![\w.>:])(std::|::)?system\s*\("), "system()", lambda p: True),
    (re.compile(r"(?<![\w.>])(std::|::)?popen\s*\("), "popen()", lambda p: True),
    (re.compile(r"std::filesystem::remove_all|\bfs::remove_all"), "std::filesystem::remove_all", lambda p: not p.startswith("tests/")),
    (re.compile(r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(|(?<![\w.>])::sleep\s*\("), "sleeping in a test", lambda p: is_test(p)),
    (re.compile(r"std::cout\b"), "std::cout in lib/", lambda p: p.startswith("lib/") and not is_test(p)),
    (re.compile(r"\bgetenv\s*\("), "getenv below main", lambda p: not is_test(p) and not p.endswith("main.cc") and not p.startswith("cli/")),
]
C_LIBRARIES = re.compile(
    r'#include [<"](git2|curl/|zmq|httplib|yaml\.h|yaml-cpp|rnp|google/protobuf|openssl/|sodium|archive\.h|archive_entry|sqlite3|simdjson|re2/|spdlog|'
    r'prometheus/|CLI/|libssh|lua|date/)|#include "[^"]*\.pb\.h"')
INCLUDE = re.compile(r'#include "([a-z0-9_]+)/')
LONG, WIDE = 600, 100
RAW = re.compile(r'R"([^()\s]*)\(.*?\)\1"', re.DOTALL)


def is_test(path):
    return path.startswith("tests/") or os.path.basename(path).startswith("test_") or path.endswith(("_test.cc", "_test.h", "_fuzz.cc"))


def closure(library):
    seen, todo = set(), [library]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += LAYERS.get(name, [])
    return seen


def files():
    for top in ("lib", "services", "cli", "tests", "bench"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith((".cc", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def includes(path, line):
    match = INCLUDE.match(line)
    parts = path.split("/")
    if not match:
        return None
    used = match.group(1)
    if used in ("source", "kustomize", "notify", "helm") and parts[0] == "services" and used != parts[1] and line.count("services"):
        return "includes another service"
    if parts[0] != "lib" or is_test(path) or used not in LAYERS or used in closure(parts[1]):
        return None
    return f"lib/{parts[1]} must not use lib/{used}"


def links():
    """What a library links beyond its row of LAYERS."""
    for library in sorted(LAYERS):
        path = f"lib/{library}/CMakeLists.txt"
        if not os.path.exists(os.path.join(ROOT, path)):
            continue
        text = re.sub(r"#.*", "", open(os.path.join(ROOT, path), encoding="utf-8").read())
        for body in re.findall(r"sluice_library\(([^)]*)\)", text):
            words = body.split()
            deps = words[words.index("DEPS") + 1:] if "DEPS" in words else []
            for dep in deps[:deps.index("USES")] if "USES" in deps else deps:
                if dep not in closure(library) and dep != words[0] and not dep.startswith(library + "_"):
                    yield f"{path}: {words[0]} must not link {dep}"


def furnishing(path, lines):
    """What every file or library has."""
    if path.endswith(".h") and not (lines and lines[0].startswith("//")):
        yield f"{path}:1: a header begins with what it is for"
    if len(lines) > LONG:
        yield f"{path}: {len(lines)} lines: find the second name"
    parts = path.split("/")
    if parts[0] == "lib" and parts[1] not in LAYERS:
        yield f"{path}: lib/{parts[1]} has no row in LAYERS"
    if parts[0] == "lib" and not os.path.exists(os.path.join(ROOT, "lib", parts[1], "README.md")):
        yield f"lib/{parts[1]}: no README.md"


def wide(path, text):
    """Lines past .clang-format's limit; a raw string's are its own."""
    bare = RAW.sub(lambda raw: 'R""' + "\n" * raw.group(0).count("\n"), text)
    for number, line in enumerate(bare.splitlines(), 1):
        if len(line) > WIDE and "NOLINT" not in line:
            yield f"{path}:{number}: {len(line)} columns: clang-format"


def main():
    problems = list(links())
    for path in files():
        text = open(os.path.join(ROOT, path), encoding="utf-8").read()
        lines = text.splitlines()
        problems += furnishing(path, lines)
        problems += wide(path, text)
        for number, line in enumerate(lines, 1):
            if "NOLINT" in line:
                continue
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
            found = [what for pattern, what, where in CALLS if where(path) and pattern.search(code)]
            if (wrong := includes(path, line)):
                found.append(wrong)
            if re.match(r"lib/[^/]+/include/", path) and C_LIBRARIES.match(line):
                found.append("C library in a public header")
            problems += [f"{path}:{number}: {what}" for what in found]
    for problem in sorted(set(problems)):
        print(problem)
    print(f"{len(set(problems))} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
