#!/usr/bin/env python3
"""Whole process, side by side in one run: `sluice template --helm3` and helm 3 on the same charts, alternating.

paired.py --sluice build/release/bin/sluice --helm HELM --rounds 15 CHART...
Outputs must be equal. Prints medians of wall time and CPU time, and peak memory.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from whole_process import median, peak, row, run  # noqa: E402


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
        texts = []
        for name in files:
            with open(name, "rb") as file:
                texts.append(file.read())
        if texts[0] != texts[1]:
            raise SystemExit(f"{chart}: outputs differ")
        t, o = ([median(rows[i], k) for k in range(2)] + [peak(commands[i])] for i in range(2))
        print(row(chart, t, o))


if __name__ == "__main__":
    main()
