#!/usr/bin/env python3
"""Whole process, side by side in one run: `sluice template --helm3` and helm 3 on the same charts, alternating.

paired.py --sluice build/release/bin/sluice --helm HELM --rounds 15 CHART...
Outputs must be equal, but for the lines where two runs of helm differ (podinfo's tests have random names). Prints medians of wall time and CPU time, and peak memory.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from whole_process import median, peak, row, run  # noqa: E402


def lines(name):
    with open(name, "rb") as file:
        return file.read().split(b"\n")


def check(chart, theirs, ours):
    """theirs: two runs of helm."""
    if len(theirs[0]) != len(theirs[1]) or len(ours) != len(theirs[0]):
        raise SystemExit(f"{chart}: outputs differ in length")
    for number, (a, b, c) in enumerate(zip(*theirs, ours), 1):
        if a == b != c:
            raise SystemExit(f"{chart}: outputs differ at line {number}: {b!r} {c!r}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--helm", required=True)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("charts", nargs="+")
    args = parser.parse_args()
    print("| chart | helm | sluice | wall | CPU | memory |\n|---|---|---|---|---|---|")
    for chart in args.charts:
        flags = ["template", "rel", chart, "-n", "ns", "--kube-version", "v1.31.0"]
        commands = [[args.helm, *flags], [args.sluice, *flags, "--helm3"]]
        files = ["/tmp/paired-helm-theirs.yaml", "/tmp/paired-helm-ours.yaml"]
        rows = [[], []]
        for _ in range(args.rounds):
            for i in range(2):
                rows[i].append(run(commands[i], files[i]))
        theirs = [lines(files[0])]
        run(commands[0], files[0])
        check(chart, [*theirs, lines(files[0])], lines(files[1]))
        t, o = ([median(rows[i], k) for k in range(2)] + [peak(commands[i])] for i in range(2))
        print(row(chart, t, o))


if __name__ == "__main__":
    main()
