"""The user's reference of a kind, as Markdown, from the same schema as its CRD, one table row a field; then its conditions and events."""
import conditions

STATUS = {
    "GitRepository": "Reconciled by `sluice-source`. `serviceAccountName` needs the feature gate `ObjectLevelWorkloadIdentity`. "
                     "`proxySecretRef` works for SSH addresses, too: `socks5://` as in Flux, and `http://` (CONNECT). `sparseCheckout` fetches only the "
                     "files it selects where the server filters (`blob:none`). GitRepositories of one address and the same credentials share their polls: "
                     "a pass that only its interval woke may go by what another saw up to five seconds, or a tenth of its interval, before. Credentials "
                     "go to submodules at the address's own scheme, host and port only.",
    "OCIRepository": "Reconciled by `sluice-source`. `verify`: cosign by key (both formats) and keyless against a trusted root, from "
                     "`trustedRootSecretRef` or `--sigstore-trusted-root`; notation by trust policy, without plugins and revocation services. "
                     "`provider` aws, azure and gcp: by the identity of the process, or, with the feature gate `ObjectLevelWorkloadIdentity`, by that "
                     "of `serviceAccountName`.",
    "Bucket": "Reconciled by `sluice-source`. The revision is the digest of the objects' keys and ETags, as Flux has it. An unchanged bucket costs one request a "
              "page of its listing, a changed object one more; what did not change is copied from the artifact before. There are no default exclusions: "
              "`.sourceignore` at the bucket's root and `ignore` count. `endpoint` is `host[:port]`, for azure a URL; gcp has none to name. "
              "`serviceAccountName` needs the feature gate `ObjectLevelWorkloadIdentity`. A key of Google's in a Secret is a service account's or an "
              "authorized user's; other kinds, which name files or commands, are refused. A key that is both an object and a folder, has a backslash, or "
              "a part of more than 255 bytes makes the bucket fail.",
    "HelmRepository": "Reconciled by `sluice-source`. The index is asked for by ETag and time, and downloaded only where it changed; objects of the same URL "
                      "and Secrets share one download, over restarts too. It is stored as JSON, as Flux does; charts look it up in a table beside it. "
                      "One of type `oci` is static: no status, no finalizer. Credentials of a URL or Secret go to its own scheme, host and port only, "
                      "unless `passCredentials` is set; https never becomes http along a redirect.",
    "HelmChart": "Reconciled by `sluice-source`. A chart is made again when its source has a new artifact or the object changes; an unchanged one costs no "
                 "request, but for the tags of a version range in a registry, and for `verify`. What is packaged here is the same bytes each time: entries "
                 "have no times. Dependencies are added to chart directories only, from `file://`, http(s) and oci:// repositories; a HelmRepository of the "
                 "namespace with the same URL lends its Secrets. `verify`: cosign by key and keyless (`--sigstore-trusted-root`), notation; the chart that is "
                 "pulled is the digest that was verified. Digests in an index are not compared, as in Flux. `valuesFile` of the betas goes before `valuesFiles`.",
    "Kustomization": "Reconciled by `sluice-kustomize`, from GitRepositories, OCIRepositories, Buckets and, with the feature gate `ExternalArtifact`, "
                     "ExternalArtifacts. Not yet, and refused as `Stalled`: `decryption`, `postBuild`, `kubeConfig`, `healthCheckExprs`, "
                     "`dependsOn[].readyExpr`.",
    "ArtifactGenerator": "Reconciled by `sluice-source` once nobody holds source-watcher's Lease (`--source-watcher`), or by the same program alone. "
                         "Built anew when a source, the object, or what it made has changed; looked at every hour besides.",
    "ExternalArtifact": "Made by `sluice-source` for ArtifactGenerators, or by anybody else who serves archives; followed by `sluice-kustomize`, with "
                        "the feature gate `ExternalArtifact`.",
    "Receiver": "Reconciled by `sluice-notify`. Types so far: `github`, `gitlab`, `bitbucket`, `harbor`, `generic`, `generic-hmac`; no CEL filters yet.",
    "Provider": "Used by `sluice-notify`. Types so far: `slack`, `discord`, `generic`, `generic-hmac`.",
    "Alert": "Used by `sluice-notify`.",
    "HelmRelease": "The API is installed, no process of Sluice reconciles it yet.",
}


def kind_of(node):
    if "x-kubernetes-preserve-unknown-fields" in node:
        return "any"
    if node.get("type") == "array":
        return kind_of(node["items"]) + "[]"
    if "additionalProperties" in node:
        return "map of " + kind_of(node["additionalProperties"])
    return node.get("format", node.get("type", ""))


def rules_of(node):
    out = []
    if "enum" in node:
        out.append("one of " + ", ".join(f"`{v}`" for v in node["enum"]))
    if "pattern" in node:
        out.append("`" + node["pattern"].replace("|", "\\|") + "`")
    for word, text in (("minLength", "at least {} characters"), ("maxLength", "at most {} characters"), ("minItems", "at least {}"),
                       ("maxItems", "at most {}")):
        if word in node:
            out.append(text.format(node[word]))
    if "default" in node and not isinstance(node["default"], dict):
        value = str(node["default"])
        out.append("default `" + (value.lower() if isinstance(node["default"], bool) else value) + "`")
    return "; ".join(out)


def rows(node, path=""):
    required = node.get("required", [])
    for name, field in sorted(node.get("properties", {}).items()):
        here = f"{path}.{name}" if path else name
        need = "**required** " if name in required else ""
        yield f"| `{here}` | {kind_of(field)} | {need}{field.get('description', '')} | {rules_of(field)} |"
        if field.get("type") == "object":
            yield from rows(field, here)
        elif field.get("type") == "array" and name != "conditions":
            yield from rows(field["items"], here + "[]")
        elif isinstance(field.get("additionalProperties"), dict):
            yield from rows(field["additionalProperties"], here + ".*")


def table(node):
    return "\n".join(["| field | type | meaning | rules |", "|---|---|---|---|", *rows(node)])


def page(k, spec, status):
    versions = ", ".join(f"`{v}`" + (" (stored)" if i == 0 else " (deprecated)") for i, v in enumerate(k["versions"]))
    out = [f"# {k['kind']}", "", f"Group `{k['group']}`; versions {versions}.", "", STATUS[k["kind"]], "",
           "<!-- Written by deploy/crds/generate.py -->", "", "## spec", "", table(spec)]
    if spec.get("x-kubernetes-validations"):
        out += ["", "The API server refuses with:", ""] + [f"- {r['message']}" for r in spec["x-kubernetes-validations"]]
    if status:
        out += ["", "## status", "", table(status)]
    out += conditions.section(k["kind"])
    return "\n".join(out) + "\n"
