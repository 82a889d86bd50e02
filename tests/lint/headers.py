#!/usr/bin/env python3
"""Compiles every public header alone: headers.py ROOT COMPILER. Each must include what it uses."""
import concurrent.futures
import glob
import os
import subprocess
import sys

root, compiler = os.path.abspath(sys.argv[1]), sys.argv[2]
folders = sorted(glob.glob(f"{root}/lib/*/include"))
headers = sorted(h for folder in folders for h in glob.glob(f"{folder}/**/*.h", recursive=True))
flags = ["-std=c++20", "-fsyntax-only", "-x", "c++", "-Wall", "-Wextra", "-Wno-pragma-once-outside-header", *(f"-I{f}" for f in folders)]


def broken(header):
    run = subprocess.run([compiler, *flags, header], capture_output=True, text=True, check=False)
    return run.stderr if run.returncode else ""


with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    errors = [e for e in pool.map(broken, headers) if e]
for error in errors:
    print(error)
print(f"{len(headers)} headers, {len(errors)} not self-contained")
sys.exit(bool(errors))
