"""What the paired benchmarks of whole processes share: one timed run, peak memory, and a row of the table."""
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


def row(name, theirs, ours):
    """theirs, ours: (wall seconds, CPU seconds, peak megabytes)."""
    return (f"| {name} | {theirs[0] * 1e3:.1f} ms, {theirs[2]:.0f} MB | {ours[0] * 1e3:.2f} ms, {ours[2]:.1f} MB "
            f"| {theirs[0] / ours[0]:.1f}x | {theirs[1] / max(ours[1], 1e-4):.1f}x | 1/{theirs[2] / ours[2]:.1f} |")
