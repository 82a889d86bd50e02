#!/usr/bin/env python3
"""compare.py FLUX.json OURS.json [--all]: which facts of a parity run differ. Facts about features that are not in yet are left out
unless --all; differences that docs/design/differences-from-flux.md lists with a reason are told apart from the others."""
import json
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Objects whose feature is not in yet.
LATER = re.compile(r"\b(subst|sops|cel)\b|\bcel-|HelmRelease|HelmChart/flux-system-|apps-|helmrelease|^3 apps")
SHOWN = 300


def diff(want, got, path=""):
    if want == "<varies>":
        return
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(set(want) | set(got)):
            yield from diff(want.get(key, "<absent>"), got.get(key, "<absent>"), f"{path}/{key}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for i, pair in enumerate(zip(want, got)):
            yield from diff(*pair, f"{path}[{i}]")
    elif want != got:
        yield path, want, got


def in_scope(want, got):
    """The messages of a sink that all objects share, without those about objects whose feature is not in yet, and without as many of
    ours as varied with Flux."""
    name = re.compile(r'"involvedObject": \{[^}]*"name": "([^"]*)"')  # not parsed: a bare TS stands where a time was

    def pick(bodies):
        found = ((b, name.search(b)) for b in bodies.get("bodies", []))
        return [b for b, m in found if m and not LATER.search(m[1])]

    ours, theirs = pick(got), pick(want)
    varied = want.get("bodies", []).count("<varies>")
    extra = [b for b in ours if b not in theirs][:varied]
    return {"bodies": theirs}, {"bodies": [b for b in ours if b not in extra]}


def accepted():
    """Fact names (regular expressions) of the table in differences-from-flux.md."""
    path = os.path.join(ROOT, "docs", "design", "differences-from-flux.md")
    rows = re.findall(r"^\| `([^`]+)` \|", open(path).read(), re.M) if os.path.exists(path) else []
    return [re.compile(row) for row in rows]


def main():
    files = [a for a in sys.argv[1:] if not a.startswith("--")]
    flux, ours = (json.load(open(f)) for f in files)
    everything = "--all" in sys.argv
    passed = failed = on_purpose = 0
    known = accepted()
    for fact in sorted(set(flux) | set(ours)):
        if not everything and LATER.search(fact):
            continue
        want, got = flux.get(fact, "<absent>"), ours.get(fact, "<absent>")
        if fact.startswith("chat /generic") and isinstance(want, dict) and isinstance(got, dict) and not everything:
            want, got = in_scope(want, got)
        differences = list(diff(want, got))
        if not differences:
            passed += 1
            continue
        why = any(k.search(fact) for k in known)
        on_purpose += why
        failed += not why
        for path, x, y in differences[:6]:
            print(f"{'(on purpose) ' if why else ''}{fact} {path}\n    flux:   {str(x)[:SHOWN]}\n    sluice: {str(y)[:SHOWN]}")
    print(f"{on_purpose} differ on purpose")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
