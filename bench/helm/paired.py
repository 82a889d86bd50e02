#!/usr/bin/env python3
"""Whole process, side by side in one run: `sluice template --helm3` and helm 3 on the same charts, alternating.

paired.py --sluice build/release/bin/sluice --helm HELM --rounds 15 CHART...
Outputs must be equal. Prints medians of wall time and CPU time, and peak memory.
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
        print(f"| {chart} | {t[0] * 1e3:.1f} ms, {t[2]:.0f} MB | {o[0] * 1e3:.2f} ms, {o[2]:.1f} MB "
              f"| {t[0] / o[0]:.1f}x | {t[1] / max(o[1], 1e-4):.1f}x | 1/{t[2] / o[2]:.1f} |")


if __name__ == "__main__":
    main()
