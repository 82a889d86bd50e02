#!/usr/bin/env python3
"""docs/ and deploy/ against what is there: docs.py [ROOT [BIN]]. Reasons of conditions and events, metrics and links against the sources; flags against the
--help of the programs in BIN, those that are there;
the arguments and ports of deploy/ against the same."""
import os
import re
import subprocess
import sys

ROOT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = sys.argv[2] if len(sys.argv) > 2 else os.path.join(ROOT, "build", "release", "bin")
PROCESSES = ("source", "kustomize", "notify")
# Verbs and the pages that hold their flags; those of sluice-cluster stand on the first page.
VERBS = {("sluice", "build"): "build.md", ("sluice", "template"): "reference/helm-verbs.md", ("sluice", "lint"): "reference/helm-verbs.md",
         ("sluice", "show"): "reference/helm-verbs.md", ("sluice-cluster", "check"): "cli.md", ("sluice-cluster", "get"): "cli.md",
         ("sluice-cluster", "reconcile"): "cli.md", ("sluice-cluster", "version"): "cli.md", ("sluice-cluster", "bus", "keygen"): "cli.md"}
METRIC = re.compile(r'"((?:sluice|gotk|controller_runtime|workqueue|rest_client|process|leader_election)_[a-z_]*)"')
problems = []


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def sources(*tops):
    for top in tops:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                if name.endswith((".cc", ".h")) and not name.endswith(("_test.cc", "_fuzz.cc")) and not name.startswith(("test_", "fake_")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def pages():
    yield from ("README.md", "CHANGELOG.md")
    for top in ("docs", "bench", "cli", "deploy", "lib", "services", "tests"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            yield from (os.path.relpath(os.path.join(folder, n), ROOT) for n in names if n.endswith(".md") and "testdata" not in folder)


def reasons():
    """Each reason a page names is in the code, and each constant of one is on a page."""
    words, constants = set(), {}
    for path in sources("lib/api", "services"):
        text = read(path)
        words |= set(re.findall(r'"([A-Z][A-Za-z0-9]+)"', text))
        constants |= dict(re.findall(r'(k\w+Reason) = "(\w+)"', text))
    told = set()
    for name in os.listdir(os.path.join(ROOT, "docs/reference")):
        text = read(f"docs/reference/{name}")
        if "\n## Conditions" not in text and "\n## Events" not in text:
            continue
        tables = text[min(at for at in (text.find("\n## Conditions"), text.find("\n## Events")) if at >= 0):]
        here = set(re.findall(r"`([A-Z][A-Za-z0-9]+)`", tables))
        problems.extend(f"docs/reference/{name}: no code knows `{word}`" for word in sorted(here - words) if word not in KINDS)
        told |= here
    problems.extend(f"docs/reference: the reason {text} ({name}) is nowhere" for name, text in sorted(constants.items()) if text not in told)


KINDS = {"GitRepository", "ObjectLevelWorkloadIdentity", "Ready"}


def metrics():
    page = read("docs/metrics.md")
    known = set()
    for path in sources("lib", "services"):
        for name in METRIC.findall(read(path)):
            known.add(name)
            if name not in page:
                problems.append(f"docs/metrics.md: {name} ({path}) is not there")
    for name in re.findall(r"`((?:sluice|gotk|controller_runtime|workqueue|rest_client|process|leader_election)_[a-z_]+)`", page):
        if not any(name == k or name.startswith(k) for k in known):
            problems.append(f"docs/metrics.md: no code makes {name}")


def anchors(path):
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", read(path), re.M)}


def links():
    for path in pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`\n]*`", "", read(path), flags=re.S)):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(os.path.join(ROOT, full)):
                problems.append(f"{path}: {target} is not there")
            elif anchor and full.endswith(".md") and anchor not in anchors(full):
                problems.append(f"{path}: {full} has no heading for #{anchor}")


def help_of(*command):
    program = os.path.join(BIN, command[0])
    if not os.access(program, os.X_OK):
        return None
    run = subprocess.run([program, *command[1:], "--help"], capture_output=True, text=True, timeout=60, check=False)
    return run.stdout + run.stderr


def plain(value):
    """A default as the pages write it: 1m for 1m0s."""
    return re.sub(r"(?<=[hm])0[ms](?=0s|$)", "", re.sub(r"(?<=[hm])0s$", "", value))


def tables(page):
    """Heading -> {flag: default cell} of the page's tables of flags."""
    out, here = {}, None
    for line in page.splitlines():
        if line.startswith("## "):
            here = out.setdefault(line[3:], {})
        elif here is not None and line.startswith("| `-"):
            cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            names = re.findall(r"`(-[\w-]+)`", cells[0])
            stem = names[0].rsplit("-lease-duration", 1)[0]
            defaults = re.findall(r"`([^`]*)`", cells[1])
            for i, name in enumerate(names):
                full = name if name.startswith("--") else stem + name
                here[full] = defaults[i] if len(defaults) == len(names) else None
    return out


def process_flags():
    documented = tables(read("docs/flags.md"))
    shared, seen = documented["All processes"], set()
    for process in PROCESSES:
        text = help_of(f"sluice-{process}")
        if text is None:
            continue
        flags = dict(re.findall(r"^ +(--[\w-]+)(?:=(\S+))?", text, re.M))
        own = documented[f"sluice-{process}"]
        seen |= set(flags)
        for flag, default in sorted(flags.items()):
            if flag not in own and flag not in shared:
                problems.append(f"docs/flags.md: {flag} of sluice-{process} is not there")
                continue
            told = own.get(flag, shared.get(flag))
            if told is not None and default and plain(told) != plain(default):
                problems.append(f"docs/flags.md: {flag} of sluice-{process} is {default}, not {told}")
        problems.extend(f"docs/flags.md: sluice-{process} has no {flag}" for flag in own if flag not in flags)
    if seen:
        problems.extend(f"docs/flags.md: no process has {flag}" for flag in shared if flag not in seen)


def deployments():
    """The Deployments' arguments are flags of their programs, and their ports the defaults of those."""
    for process, file in (("source", "source"), ("kustomize", "kustomize"), ("notify", "notification")):
        text = help_of(f"sluice-{process}")
        if text is None:
            continue
        flags, manifest = dict(re.findall(r"^ +(--[\w-]+)(?:=(\S+))?", text, re.M)), read(f"deploy/controllers/{file}.yaml")
        problems.extend(f"deploy/controllers/{file}.yaml: sluice-{process} has no {flag}"
                        for flag in re.findall(r"^ +- (--[\w-]+)", manifest, re.M) if flag not in flags)
        listened = {int(default[1:]) for flag, default in flags.items() if re.fullmatch(r":\d+", default)}
        ports = {int(port) for port in re.findall(r"containerPort: (\d+)", manifest)}
        if listened != ports:
            problems.append(f"deploy/controllers/{file}.yaml: ports {sorted(ports)}, sluice-{process} listens at {sorted(listened)}")


def verb_flags():
    for command, page in VERBS.items():
        text = help_of(*command)
        if text is None:
            continue
        told = read("docs/" + page)
        for flag in sorted(set(re.findall(r"(?<![\w-])--[a-z][\w-]+", text)) - {"--help"}):
            if flag not in told:
                problems.append(f"docs/{page}: {flag} of {' '.join(command)} is not there")


for check in (reasons, metrics, links, process_flags, deployments, verb_flags):
    check()
print("\n".join([*problems, f"{len(problems)} problems"]))
sys.exit(1 if problems else 0)
