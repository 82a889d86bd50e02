#!/usr/bin/env python3
"""Renders charts with sluice and with the real helm, and compares stdout, stderr and exit status.

compare.py --sluice PROGRAM --helm PROGRAM [--helm3] [--mutations N] [--seed S] [-k REGEX] --out DIR FOLDER...

Each folder below FOLDER that holds a Chart.yaml and lies in no other chart: `template` with its own values, with each file of its ci/
and with N files of values changed at random; `lint`; `show`. A run that differs is asked of helm again: lines that change there
(passwords, certificates, times) are not compared. Differences go to DIR/<number>/, with the command. --helm3: PROGRAM is Helm 3.
"""
import argparse
import difflib
import json
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import zlib

import yaml

RAW = ["0x1F", "0o17", "017", "1e3", "1.0", "1.5", "1e21", "0.00001", "123456789", "1_000", "2020-01-01", "12:30:45", "yes", "Off", "~", "null",
       ".inf", ".nan", "-0", "9007199254740993", "18446744073709551616", "!!str 5", "true", "false", "-1", "0", "1", "2147483648", "1000000"]
TEXTS = ["", " ", "x", "a b", "a: b", "# c", "line1\nline2\n", "tab\there", "  lead", "trail  ", "{{ .Release.Name }}", "{{ .Values.nope.nope }}",
         "{{ bad", "100m", "1Gi", "8080", "true", "1.10", "null", "~", "é☃😀", "quote\"s", "it's", "back\\slash", "a" * 70 + " " + "b" * 30 + " c",
         "*", "&x", "!y", "%z", "@", "`", "-", "- a", "key: value\nother: [1, 2]\n", "<no value>", "a,b,c", "a/b:c", "1.2.3", "v1", "\r\n", "LoadBalancer",
         "https://example.com:8443/path?x=1&y=2", "A" * 300, "word " * 40, "Recreate", "RollingUpdate", "ClusterIP", "None", "latest", "Always"]


class Raw(str):
    """A scalar as it is to stand in the YAML."""


def flow(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(json.dumps(str(k)) + ": " + flow(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value) if value == value and value not in (float("inf"), float("-inf")) else ".nan"
    return json.dumps(str(value))


def scalar(rng):
    return rng.choice([lambda: Raw(rng.choice(RAW)), lambda: rng.choice(TEXTS), lambda: None, lambda: rng.random() < 0.5, lambda: rng.randint(-2, 5),
                       lambda: rng.random() * 10])()


def some_map(rng):
    return rng.choice([
        lambda: {}, lambda: {"app": "x"}, lambda: {"a": scalar(rng), "b": scalar(rng)}, lambda: {"limits": {"cpu": "100m", "memory": "1Gi"}, "requests": {"cpu": 1}},
        lambda: {"kubernetes.io/os": "linux", "z.example.com/key": "v a l"}, lambda: {"name": "n", "value": scalar(rng)}, lambda: {"nested": {"deep": {"er": scalar(rng)}}},
        lambda: {"1": "one", "true": "yes", "a10": 1, "a9": 2, "": "empty"}, lambda: {"enabled": True}])()


def some_list(rng):
    return rng.choice([lambda: [], lambda: [scalar(rng)], lambda: [some_map(rng)], lambda: ["a", "b"], lambda: [{"name": "n", "value": scalar(rng)}, {"name": "m"}],
                       lambda: [None], lambda: [[1, "x"]], lambda: [{"hosts": ["h.example.com"], "secretName": "s"}], lambda: [{"name": "imagepull"}],
                       lambda: [{"host": "h.example.com", "paths": [{"path": "/", "pathType": "Prefix"}]}], lambda: [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}]])()


def near(rng, value):
    """A value that a user might write in the place of this one."""
    if isinstance(value, bool):
        return not value if rng.random() < 0.85 else scalar(rng)
    if isinstance(value, (int, float)):
        return rng.choice([lambda: rng.randint(0, 10), lambda: Raw(rng.choice(RAW)), lambda: str(value), lambda: scalar(rng), lambda: 1000000 + rng.randint(0, 9)])()
    if isinstance(value, dict):
        if rng.random() < 0.75:
            return some_map(rng)
        return rng.choice([None, scalar(rng), some_list(rng)])
    if isinstance(value, list):
        if rng.random() < 0.8:
            return some_list(rng)
        return rng.choice([None, scalar(rng), some_map(rng)])
    if value is None or value == "":
        return rng.choice([lambda: rng.choice(TEXTS), lambda: scalar(rng), lambda: some_map(rng), lambda: some_list(rng), lambda: "name"])()
    return rng.choice([lambda: rng.choice(TEXTS), lambda: rng.choice(TEXTS), lambda: scalar(rng), lambda: value + rng.choice(TEXTS), lambda: "", lambda: None, lambda: some_map(rng)])()


def paths(value, at=()):
    for k, v in value.items():
        yield at + (k,), v
        if isinstance(v, dict) and len(at) < 8:
            yield from paths(v, at + (k,))


def put(tree, path, value):
    for step in path[:-1]:
        below = tree.get(step)
        if not isinstance(below, dict):
            below = tree[step] = {}
        tree = below
    tree[path[-1]] = value


def mutation(rng, values):
    every = [p for p in paths(values)]
    booleans = [p for p in every if isinstance(p[1], bool)]
    empty = [p for p in every if p[1] in ({}, [], None, "")]
    out = {}
    for _ in range(rng.choice([1, 1, 2, 3, 5, 8, 15])):
        pool = rng.choice([every, booleans, empty, every])
        if not pool:
            continue
        path, value = rng.choice(pool)
        put(out, path, near(rng, value))
    return out


class Loader(yaml.SafeLoader):
    pass


Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


def values_of(chart):
    """The chart's values, and its subcharts' below their names."""
    try:
        with open(os.path.join(chart, "values.yaml"), encoding="utf-8") as text:
            values = yaml.load(text, Loader)
    except (OSError, ValueError, yaml.YAMLError, TypeError):
        values = {}
    values = values if isinstance(values, dict) else {}
    below = os.path.join(chart, "charts")
    for name in sorted(os.listdir(below)) if os.path.isdir(below) else []:
        inner = values_of(os.path.join(below, name)) if os.path.isdir(os.path.join(below, name)) else {}
        if inner and name not in values:
            values[name] = inner
    return values


def charts_in(folder):
    if os.path.exists(os.path.join(folder, "Chart.yaml")):
        yield folder
        return
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path) and name != ".git":
            yield from charts_in(path)


class Bench:
    def __init__(self, options):
        self.options = options
        self.helm = [options.helm]
        self.home = tempfile.mkdtemp(prefix="helm-charts-")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.home, "TZ": "UTC", "KUBECONFIG": "/nonexistent"}
        self.runs = self.differences = self.unstable = self.failures = 0
        self.kinds = {}

    def run(self, program, args):
        try:
            done = subprocess.run(program + args, env=self.env, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return "", "timeout", -1
        return done.stdout.decode("utf-8", "surrogateescape"), normal(done.stderr.decode("utf-8", "surrogateescape")), done.returncode

    def compare(self, chart, label, args, files):
        self.runs += 1
        if self.runs % 100 == 0:
            print(f"... {self.runs} runs, {chart}", flush=True)
        ours = self.run([self.options.sluice], args + (["--helm3"] if self.options.helm3 else []))
        want = self.run(self.helm, args)
        self.failures += want[2] != 0
        if ours == want:
            return
        # Stable in helm itself? What changes there is left out.
        again = [self.run(self.helm, args) for _ in range(2)]
        if ours in again:
            self.unstable += 1
            return
        left, right = (masked(w[0], [a[0] for a in again], o[0]) for w, o in ((want, ours), (want, want)))
        errs = {a[1] for a in again} | {want[1]}
        if any(a != want for a in again):
            stable_error = len(errs) == 1
            same_out = left == right
            if same_out and ours[2] == want[2] and (ours[1] in errs or not stable_error and sorted(ours[1].split("\n")) in [sorted(e.split("\n")) for e in errs]):
                self.unstable += 1
                return
            if not stable_error and ours[2] == want[2] and want[2] != 0:
                self.unstable += 1
                if ours[1] not in errs:
                    self.note(chart, label, args, files, want, ours, again[0], "unstable-error")
                return
        self.note(chart, label, args, files, want, ours, again[0], None)

    def note(self, chart, label, args, files, want, ours, again, kind):
        self.differences += kind is None
        number = sum(1 for _ in os.scandir(self.options.out))
        here = os.path.join(self.options.out, f"{number:05d}")
        os.makedirs(here)
        line = first_difference(want, ours)
        kind = kind or ("status" if want[2] != ours[2] else "stdout" if want[0] != ours[0] else "stderr")
        for name, text in files.items():
            with open(os.path.join(here, name), "w", encoding="utf-8") as out:
                out.write(text)
        shown = [a if not a.startswith(self.home) else os.path.join(here, os.path.basename(a)) for a in args]
        with open(os.path.join(here, "cmd"), "w", encoding="utf-8") as out:
            out.write(shlex.join(shown) + (" --helm3" if self.options.helm3 else "") + "\n")
        for name, result in (("want", want), ("got", ours), ("again", again)):
            with open(os.path.join(here, name), "w", encoding="utf-8", errors="surrogateescape") as out:
                out.write(f"status {result[2]}\n--- err\n{result[1]}--- out\n{result[0]}")
        print(f"[{self.runs}] {number:05d} {kind} {os.path.basename(chart)} {label}\n    {line}", flush=True)

    def chart(self, chart):
        template = ["template", "rel", chart, "-n", "space"]
        self.compare(chart, "default", template, {})
        ci = os.path.join(chart, "ci")
        for name in sorted(os.listdir(ci)) if os.path.isdir(ci) else []:
            if name.endswith((".yaml", ".yml")):
                self.compare(chart, "ci/" + name, template + ["-f", os.path.join(ci, name)], {})
        self.compare(chart, "lint", ["lint", "--strict", chart], {})
        for part in ("values", "chart", "crds", "readme", "all"):
            self.compare(chart, "show " + part, ["show", part, chart], {})
        self.compare(chart, "upgrade", template + ["--include-crds", "--is-upgrade", "--kube-version", "1.27.3", "--skip-tests"], {})
        values = values_of(chart)
        rng = random.Random(zlib.crc32(os.path.basename(chart).encode()) + self.options.seed)
        apis = ["monitoring.coreos.com/v1", "monitoring.coreos.com/v1/ServiceMonitor", "cert-manager.io/v1", "gateway.networking.k8s.io/v1", "policy/v1beta1", "route.openshift.io/v1"]
        for k in range(self.options.mutations):
            text = flow(mutation(rng, values)) + "\n"
            path = os.path.join(self.home, "values.yaml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            more = ["-f", path]
            if rng.random() < 0.3:
                more += ["--kube-version", rng.choice(["1.16.0", "1.19.5", "v1.22.3-eks-123", "1.25.0", "1.30", "v1.33.1+k3s1"])]
            for api in apis:
                if rng.random() < 0.15:
                    more += ["-a", api]
            if rng.random() < 0.05:
                more += ["--include-crds"]
            self.compare(chart, f"mutation {k}", template + more, {"values.yaml": text})
            if k % 8 == 7:
                self.compare(chart, f"lint {k}", ["lint", chart, "-f", path], {"values.yaml": text})


def normal(text):
    text = re.sub(r"(?m)(?:^ *- at .*\n)+", lambda m: "".join(sorted(m[0].splitlines(True))), text)  # the order of a Go map
    text = re.sub(r"(?m)^(?:time=\S+ )", "", text)
    return re.sub(r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "", text)


def masked(want, again, text):
    """`text` without the lines that change from run to run of the one we compare with; "" where runs differ in length."""
    lines = want.split("\n")
    others = [a.split("\n") for a in again]
    if any(len(o) != len(lines) for o in others):
        return ""
    changing = {i for i, line in enumerate(lines) if any(o[i] != line for o in others)}
    own = text.split("\n")
    return "\n".join(line if i not in changing else "*" for i, line in enumerate(own))


def first_difference(want, ours):
    if want[2] != ours[2] or want[1] != ours[1]:
        return f"want {want[2]} {want[1][-300:]!r}\n    got  {ours[2]} {ours[1][-300:]!r}"
    for line in difflib.unified_diff(want[0].split("\n"), ours[0].split("\n"), lineterm="", n=0):
        if line[:1] in "-+" and not line.startswith(("---", "+++")):
            return line[:300]
    return "?"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--helm", required=True)
    parser.add_argument("--helm3", action="store_true")
    parser.add_argument("--mutations", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    parser.add_argument("-k", default="")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    options.sluice, options.helm = os.path.abspath(options.sluice), os.path.abspath(options.helm)
    bench, charts = Bench(options), 0
    for folder in options.folders:
        for chart in charts_in(os.path.abspath(folder)):
            if re.search(options.k, chart):
                charts += 1
                bench.chart(chart)
        print(f"{folder}: {charts} charts, {bench.runs} runs so far", flush=True)
    print(f"{charts} charts, {bench.runs} runs ({bench.failures} of which fail), {bench.differences} different, {bench.unstable} equal but for what changes from run to run")
    return 1 if bench.differences else 0


if __name__ == "__main__":
    sys.exit(main())
