#!/usr/bin/env python3
"""lint.py finds what it is there to find, and only that."""
import os
import subprocess
import sys
import tempfile

LINT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lint.py")
CASES = [  # path, text, what must be reported ("" = nothing)
    ("lib/base/a.cc", 'int F() { return system("ls"); }', "system()"),
    ("lib/base/a.cc", "void F() { file_system(1); x.system(2); }", ""),
    ("lib/base/a.cc", "// never system(x)", ""),
    ("services/source/a.cc", 'FILE* f = popen("ls", "r");', "popen()"),
    ("lib/io/a.cc", "std::filesystem::remove_all(p);", "remove_all"),
    ("lib/io/a.cc", "std::filesystem::remove_all(p);  // NOLINT: ours", ""),
    ("lib/io/a_test.cc", "std::this_thread::sleep_for(1s);", "sleeping in a test"),
    ("lib/io/a.cc", "std::this_thread::sleep_for(1s);", ""),
    ("lib/io/a.cc", "std::cout << 1;", "std::cout"),
    ("cli/main.cc", "std::cout << 1;", ""),
    ("lib/io/a.cc", 'getenv("HOME");', "getenv"),
    ("services/source/main.cc", 'getenv("HOME");', ""),
    ("lib/base/a.cc", '#include "kube/client.h"', "must not use lib/kube"),
    ("lib/kube/a.cc", '#include "base/status.h"', ""),
    ("lib/document/a.cc", '#include "observe/log.h"', "must not use lib/observe"),
    ("lib/git/include/git/a.h", "#include <git2.h>", "C library"),
    ("lib/git/a.cc", "#include <git2.h>", ""),
    ("lib/git/a.h", "// What it is for.", ""),
    ("lib/git/a.h", "#pragma once", "a header begins with what it is for"),
    ("lib/git/a.cc", "\n" * 600, "find the second name"),
    ("lib/git/a.cc", "x" * 101, "101 columns"),
    ("lib/git/a.cc", "R\"(" + "x" * 101 + ")\"", ""),
    ("lib/util/a.cc", "", "lib/util has no row in LAYERS"),
    ("lib/git/CMakeLists.txt", "sluice_library(git SRCS a.cc DEPS base http USES curl)", ""),
    ("lib/git/CMakeLists.txt", "sluice_library(git SRCS a.cc DEPS base kube)", "git must not link kube"),
]


def report(path, text):
    with tempfile.TemporaryDirectory() as root:
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full))
        with open(os.path.join(os.path.dirname(full), "README.md"), "w", encoding="utf-8"):
            pass
        with open(full, "w", encoding="utf-8") as out:
            out.write(text + "\n")
        return subprocess.run([sys.executable, LINT, root], capture_output=True, text=True, check=False).stdout


failed = 0
for path, text, want in CASES:
    out = report(path, text)
    good = want in out if want else out.startswith("0 problems")
    if not good:
        failed += 1
        print(f"{path}: {text}\n  wanted {want or 'no problem'!r}, got {out!r}")
print(f"{len(CASES) - failed} passed, {failed} failed")
sys.exit(failed > 0)
