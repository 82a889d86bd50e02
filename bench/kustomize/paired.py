#!/usr/bin/env python3
"""Whole process, side by side in one run: `sluice build` and kustomize on the same directories, alternating.

paired.py --sluice build/release/bin/sluice --kustomize KUSTOMIZE --rounds 15 DIR...
Each DIR is built from its own working directory. Outputs must be equal. Prints medians of wall time, CPU time and peak memory.
"""
import argparse
import os
import subprocess
import time


def run(command, output):
    begin = time.perf_counter()
    with open(output, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def peak(command):
    """Megabytes. A child's figure starts with its parent's size, so a small parent (GNU time) asks."""
    out = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return int(out.stderr.split()[-1]) / 1024


def median(rows, i):
    return sorted(row[i] for row in rows)[len(rows) // 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--kustomize", required=True)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("directories", nargs="+")
    args = parser.parse_args()
    print("| input | kustomize | sluice | wall | CPU | memory |\n|---|---|---|---|---|---|")
    for directory in args.directories:
        theirs, ours = [], []
        for _ in range(args.rounds):
            theirs.append(run([args.kustomize, "build", directory], "/tmp/paired-theirs.yaml"))
            ours.append(run([args.sluice, "build", directory], "/tmp/paired-ours.yaml"))
        with open("/tmp/paired-theirs.yaml", "rb") as a, open("/tmp/paired-ours.yaml", "rb") as b:
            if a.read() != b.read():
                raise SystemExit(f"{directory}: outputs differ")
        t, o = [median(theirs, i) for i in range(2)], [median(ours, i) for i in range(2)]
        t.append(peak([args.kustomize, "build", directory]))
        o.append(peak([args.sluice, "build", directory]))
        print(f"| {directory} | {t[0] * 1e3:.1f} ms, {t[2]:.0f} MB | {o[0] * 1e3:.2f} ms, {o[2]:.1f} MB "
              f"| {t[0] / o[0]:.1f}x | {t[1] / max(o[1], 1e-4):.1f}x | 1/{t[2] / o[2]:.1f} |")


if __name__ == "__main__":
    main()
