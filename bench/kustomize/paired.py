#!/usr/bin/env python3
"""Whole process, side by side in one run: `sluice build` and kustomize on the same directories, alternating.

paired.py --sluice build/release/bin/sluice --kustomize KUSTOMIZE --rounds 15 DIR...
Each DIR is built from its own working directory. Outputs must be equal. Prints medians of wall time, CPU time and peak memory.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from whole_process import median, peak, row, run  # noqa: E402


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
        print(row(directory, t, o))


if __name__ == "__main__":
    main()
