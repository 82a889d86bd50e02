#!/usr/bin/env python3
"""Writes the CRD manifests of this folder, and docs/reference, from kinds_*.py. `generate.py --check` fails where a file differs instead.

Every served version has the same schema: with conversion None the API server drops what the requested or the stored version's schema
lacks, so one schema for all is what keeps every field. Written once per file, as a YAML anchor."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import kinds_apply  # noqa: E402
import kinds_notification  # noqa: E402
import kinds_source  # noqa: E402
import reference  # noqa: E402

DOCS = os.path.join(HERE, "..", "..", "docs", "reference")

PLAIN = re.compile(r"^[A-Za-z_./][A-Za-z0-9_./-]*( [A-Za-z0-9_./(),;-]+)*\.?$")
WORDS_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if PLAIN.match(value) and value.lower() not in WORDS_OF_YAML:
        return value
    return "'" + value.replace("'", "''") + "'"


def lines(value, indent):
    """The YAML lines of a dict or list, keys in the order given; properties and the like sorted by name."""
    pad = "  " * indent
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                first, *rest = lines(item, indent + 1)
                yield pad + "- " + first.lstrip()
                yield from rest
            else:
                yield pad + "- " + scalar(item)
        return
    for key, item in value.items():
        if isinstance(item, Anchor):
            yield f"{pad}{key}: &{item.name}" if item.value is not None else f"{pad}{key}: *{item.name}"
            if item.value is not None:
                yield from lines(item.value, indent + 1)
        elif isinstance(item, (dict, list)):
            if not item:
                yield f"{pad}{key}: " + ("{}" if isinstance(item, dict) else "[]")
                continue
            yield f"{pad}{key}:"
            keep = sorted(item) if key == "properties" else None
            yield from lines({k: item[k] for k in keep} if keep else item, indent + (0 if isinstance(item, list) else 1))
        else:
            yield f"{pad}{key}: {scalar(item)}"


class Anchor:
    def __init__(self, name, value=None):
        self.name, self.value = name, value


COLUMNS = {
    "Age": {"jsonPath": ".metadata.creationTimestamp", "name": "Age", "type": "date"},
    "Ready": {"jsonPath": '.status.conditions[?(@.type=="Ready")].status', "name": "Ready", "type": "string"},
    "Status": {"jsonPath": '.status.conditions[?(@.type=="Ready")].message', "name": "Status", "type": "string"},
}


def column(entry):
    return COLUMNS[entry] if isinstance(entry, str) else {"jsonPath": entry[1], "name": entry[0], "type": "string"}


def crd(k):
    kind = k["kind"]
    singular = kind.lower()
    plural = singular[:-1] + "ies" if singular.endswith("y") else singular + "s"
    spec, status = k["build"]()
    top = {"apiVersion": {"type": "string", "description": "API version of this object."},
           "kind": {"type": "string", "description": "Kind of this object."}, "metadata": {"type": "object"}, "spec": spec}
    if status:
        top["status"] = status
    schema = {"openAPIV3Schema": {"type": "object", "properties": top}}
    versions = []
    for name in k["versions"]:
        stored = name == k["versions"][0]
        version = {"name": name, "served": True, "storage": stored}
        if not stored:
            version["deprecated"] = True
            version["deprecationWarning"] = f"{name} {kind} is deprecated, upgrade to {k['versions'][0]}"
        columns = [column(c) for c in k["columns"]]
        version["additionalPrinterColumns"] = Anchor("columns", columns) if stored and len(k["versions"]) > 1 else (
            Anchor("columns") if not stored else columns)
        version["schema"] = Anchor("schema", schema) if stored and len(k["versions"]) > 1 else (Anchor("schema") if not stored else schema)
        version["subresources"] = {"status": {}} if status else {}
        versions.append(version)
    names = {"categories": ["all", "fluxcd", k["category"]], "kind": kind, "listKind": kind + "List", "plural": plural}
    if k["short"]:
        names["shortNames"] = k["short"]
    names["singular"] = singular
    return f"{k['group']}_{plural}.yaml", {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{k['group']}",
                     "annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"},
                     "labels": {"app.kubernetes.io/component": k["component"], "app.kubernetes.io/part-of": "flux"}},
        "spec": {"group": k["group"], "names": names, "scope": "Namespaced", "versions": versions}}


def main():
    check = "--check" in sys.argv
    stale = []
    written = {"kustomization.yaml": None}
    for k in kinds_source.KINDS + kinds_apply.KINDS + kinds_notification.KINDS:
        name, manifest = crd(k)
        written[name] = "# Written by generate.py: edit kinds_*.py.\n" + "\n".join(lines(manifest, 0)) + "\n"
    resources = "\n".join("- " + n for n in sorted(written) if n != "kustomization.yaml")
    written["kustomization.yaml"] = f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{resources}\n"
    for k in kinds_source.KINDS + kinds_apply.KINDS + kinds_notification.KINDS:
        written[os.path.join(DOCS, k["kind"].lower() + ".md")] = reference.page(k, *k["build"]())
    for name, text in written.items():
        path = os.path.join(HERE, name)
        if check:
            if not os.path.exists(path) or open(path).read() != text:
                stale.append(name)
        else:
            open(path, "w").write(text)
    if stale:
        sys.exit("differs from what generate.py writes: " + ", ".join(stale))


if __name__ == "__main__":
    main()
