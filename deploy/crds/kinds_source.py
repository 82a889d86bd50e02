"""Schemas of the source group. Where an old API version had a field that v1 lacks, v1 accepts it too, so that storing prunes nothing."""
from schema import *  # noqa: F403

GROUP = "source.toolkit.fluxcd.io"


def access_from():
    return obj("Never had an effect; accepted from older manifests.", {
        "namespaceSelectors": array("Namespaces, by their labels.", obj("", {"matchLabels": labels("Labels to match.")}))},
        "namespaceSelectors")


def identities():
    return array("Identities that may have signed without a key.", obj("", {
        "issuer": string("Regular expression of the OIDC issuer."),
        "subject": string("Regular expression of the subject."),
    }, "issuer subject"))


def oci_verify(extra=None):
    fields = {
        "provider": enum("Tool that made the signature.", "cosign", "notation", default="cosign"),
        "secretRef": local_ref("Secret with the trusted public keys or certificates."),
        "matchOIDCIdentity": identities(),
    }
    fields.update(extra or {})
    return obj("How the artifact's signature is checked.", fields, "provider")


def common(provider=True):
    out = {
        "suspend": boolean("Stops reconciling this object."),
        "interval": duration("How often upstream is asked for changes."),
        "timeout": timeout("Longest time of one remote operation.", default="60s"),
        "secretRef": local_ref("Secret with the credentials."),
    }
    return out


def git_repository():
    include = array("Other GitRepositories whose files are copied into this artifact.", obj("", {
        "repository": local_ref("GitRepository in this namespace."),
        "fromPath": string("Folder to take; the root where left out."),
        "toPath": string("Folder to put it into; the repository's name where left out."),
    }, "repository"))
    spec = common()
    spec.update({
        "url": string("Address of the repository over HTTP, HTTPS or SSH.", pattern="^(http|https|ssh)://.*$"),
        "ref": obj("What to check out. Of several, the first of commit, name, tag, semver, branch counts; branch master where left out.", {
            "branch": string("Branch."),
            "tag": string("Tag."),
            "semver": string("Range of tags, as SemVer constraints."),
            "name": string("Full reference, such as refs/heads/main or refs/pull/1/head."),
            "commit": string("Commit SHA."),
        }),
        "provider": enum("Who authenticates; generic where left out.", "generic", "aws", "azure", "github"),
        "serviceAccountName": string("ServiceAccount whose cloud identity is used."),
        "proxySecretRef": local_ref("Secret with the proxy to use."),
        "verify": obj("How signatures are checked.", {
            "mode": enum("What must be signed.", "head", "HEAD", "Tag", "TagAndHEAD", default="HEAD"),
            "secretRef": local_ref("Secret with the trusted public keys."),
        }, "secretRef"),
        "ignore": string("Extra ignore patterns, in the format of .gitignore."),
        "include": include,
        "recurseSubmodules": boolean("Fetches submodules too."),
        "sparseCheckout": strings("Folders to keep; all where left out."),
        "gitImplementation": enum("Had a meaning in v1beta1 and v1beta2; accepted and ignored.", "go-git", "libgit2"),
        "accessFrom": access_from(),
    })
    rules = [rule("!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
                  "serviceAccountName can only be set when provider is 'azure' or 'aws'")]
    return obj("What to follow and how.", spec, "interval url", rules), status({
        "artifact": artifact("The last stored artifact."),
        "includedArtifacts": array("Artifacts of the included repositories.", artifact("")),
        "observedIgnore": string("The ignore patterns of the stored artifact."),
        "observedInclude": include,
        "observedRecurseSubmodules": boolean("Whether the stored artifact has submodules."),
        "observedSparseCheckout": strings("The folders of the stored artifact."),
        "sourceVerificationMode": enum("What was verified last.", "HEAD", "Tag", "TagAndHEAD"),
        "url": string("Written by older versions."),
        "contentConfigChecksum": string("Written by older versions."),
    })


def layer_selector(text):
    return obj(text, {
        "mediaType": string("Media type of the layer; the first layer where left out."),
        "operation": enum("Whether the layer is unpacked or kept as it is.", "extract", "copy"),
    })


def oci_repository():
    spec = common()
    spec.update({
        "url": string("Address of the OCI repository, without tag.", pattern="^oci://.*$"),
        "ref": obj("What to pull: digest before semver before tag; tag latest where left out.", {
            "digest": string("Digest of the manifest."),
            "semver": string("Range of tags, as SemVer constraints."),
            "semverFilter": string("Regular expression the tags must match."),
            "tag": string("Tag."),
        }),
        "layerSelector": layer_selector("Which layer is taken, and how."),
        "provider": enum("Who authenticates.", "generic", "aws", "azure", "gcp", default="generic"),
        "serviceAccountName": string("ServiceAccount with pull secrets or a cloud identity."),
        "certSecretRef": local_ref("Secret with the CA and the client certificate."),
        "proxySecretRef": local_ref("Secret with the proxy to use."),
        "insecure": boolean("Allows plain HTTP."),
        "verify": oci_verify({"trustedRootSecretRef": local_ref("Secret with another root of trust for keyless signatures.")}),
        "ignore": string("Extra ignore patterns, in the format of .gitignore."),
    })
    return obj("What to follow and how.", spec, "interval url"), status({
        "artifact": artifact("The last stored artifact."),
        "url": string("Download address of the newest artifact."),
        "observedIgnore": string("The ignore patterns of the stored artifact."),
        "observedLayerSelector": layer_selector("The layer selector of the stored artifact."),
        "contentConfigChecksum": string("Written by older versions."),
    })


def helm_repository():
    spec = common()
    spec["timeout"] = timeout("Longest time of one remote operation; 60s where left out.")
    spec["interval"] = duration("How often the index is fetched; 1m where left out, not used for type oci.")
    spec.update({
        "url": string("Address of the chart repository or OCI registry.", pattern="^(http|https|oci)://.*$"),
        "type": enum("oci for charts in a registry.", "default", "oci"),
        "provider": enum("Who authenticates, for type oci.", "generic", "aws", "azure", "gcp", default="generic"),
        "certSecretRef": local_ref("Secret with the CA and the client certificate."),
        "passCredentials": boolean("Sends the credentials to other hosts named in the index too."),
        "insecure": boolean("Allows plain HTTP, for type oci."),
        "accessFrom": access_from(),
    })
    return obj("What to follow and how.", spec, "url"), status({
        "artifact": artifact("The last stored index."),
        "url": string("Download address of the newest index."),
    })


def helm_chart():
    spec = common()
    del spec["timeout"], spec["secretRef"]
    spec.update({
        "chart": string("Name of the chart, or its path in the artifact of a GitRepository or Bucket."),
        "version": string("Version or SemVer range; not used for GitRepository and Bucket.", default="*"),
        "sourceRef": obj("Where the chart comes from.", {
            "apiVersion": string("API version of the source; not needed to find it."),
            "kind": enum("Kind of the source.", "HelmRepository", "GitRepository", "Bucket"),
            "name": string("Name of the source."),
        }, "kind name"),
        "reconcileStrategy": enum("What makes a new artifact: a new chart version, or any new source revision.",
                                  "ChartVersion", "Revision", default="ChartVersion"),
        "valuesFiles": strings("Values files of the chart that are merged, in order, into its values.yaml."),
        "valuesFile": string("One values file as older API versions have it; use valuesFiles."),
        "ignoreMissingValuesFiles": boolean("Leaves out values files that do not exist."),
        "verify": oci_verify(),
        "accessFrom": access_from(),
    })
    rules = [rule("!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
                  "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'")]
    return obj("Which chart to take and how.", spec, "chart interval sourceRef", rules), status({
        "artifact": artifact("The last stored chart."),
        "url": string("Download address of the newest chart."),
        "observedChartName": string("Name of the stored chart."),
        "observedSourceArtifactRevision": string("Source revision the stored chart was made from."),
        "observedValuesFiles": strings("Values files that went into the stored chart."),
    })


def bucket():
    spec = common()
    spec.update({
        "bucketName": string("Name of the bucket."),
        "endpoint": string("Host and port, or URL for azure."),
        "region": string("Region of the bucket."),
        "prefix": string("Takes only keys that begin with it."),
        "provider": enum("Kind of object store.", "generic", "aws", "gcp", "azure", default="generic"),
        "insecure": boolean("Allows plain HTTP."),
        "serviceAccountName": string("ServiceAccount whose cloud identity is used."),
        "certSecretRef": local_ref("Secret with the CA and the client certificate."),
        "proxySecretRef": local_ref("Secret with the proxy to use."),
        "ignore": string("Extra ignore patterns, in the format of .gitignore."),
        "sts": obj("Where short-lived credentials come from.", {
            "provider": enum("Kind of token service.", "aws", "ldap"),
            "endpoint": string("Address of the token service.", pattern="^(http|https)://.*$"),
            "secretRef": local_ref("Secret with the LDAP credentials."),
            "certSecretRef": local_ref("Secret with the CA and the client certificate of the token service."),
        }, "endpoint provider"),
        "accessFrom": access_from(),
    })
    rules = [
        rule("self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
             "STS configuration is only supported for the 'aws' and 'generic' Bucket providers"),
        rule("self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
             "'aws' is the only supported STS provider for the 'aws' Bucket provider"),
        rule("self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
             "'ldap' is the only supported STS provider for the 'generic' Bucket provider"),
        rule("!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
             "spec.sts.secretRef is not required for the 'aws' STS provider"),
        rule("!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
             "spec.sts.certSecretRef is not required for the 'aws' STS provider"),
        rule("self.provider != 'generic' || !has(self.serviceAccountName)",
             "ServiceAccountName is not supported for the 'generic' Bucket provider"),
        rule("!has(self.secretRef) || !has(self.serviceAccountName)",
             "cannot set both .spec.secretRef and .spec.serviceAccountName"),
    ]
    return obj("What to follow and how.", spec, "bucketName endpoint interval", rules), status({
        "artifact": artifact("The last stored artifact."),
        "url": string("Download address of the newest artifact."),
        "observedIgnore": string("The ignore patterns of the stored artifact."),
    })


def external_artifact():
    spec = obj("Where the artifact comes from.", {
        "sourceRef": obj("The object whose controller publishes this artifact.", {
            "apiVersion": string("API version of that object."),
            "kind": string("Kind of that object."),
            "name": string("Name of that object."),
            "namespace": string("Namespace of that object; this object's own where left out."),
        }, "kind name"),
    })
    return spec, obj("What its producer published.", {"artifact": artifact("The published artifact."), "conditions": conditions()})


def artifact_generator():
    name = "[a-z0-9]([a-z0-9_-]*[a-z0-9])?"
    dns = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
    source = obj("", {
        "alias": string("Name by which the artifacts refer to the source.", maxLength=63, pattern=f"^{name}$"),
        "kind": enum("Kind of the source.", "Bucket", "GitRepository", "OCIRepository", "HelmChart", "ExternalArtifact"),
        "name": string("Name of the source.", maxLength=253, pattern="^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"),
        "namespace": string("Its namespace; this object's own where left out.", minLength=1, maxLength=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    }, "alias kind name")
    copy = obj("", {
        "from": string("@alias/path, with glob patterns; {captures} of the path pattern stand for what they matched.", minLength=1, maxLength=1024,
                       pattern=f"^@({name})/(.*)$"),
        "to": string("@artifact/path. A slash at its end makes it a folder.", minLength=1, maxLength=1024, pattern="^@(artifact)/(.*)$"),
        "exclude": strings("Glob patterns of files to leave out; one without a slash matches names at any depth.", maxItems=100),
        "strategy": enum("Overwrite replaces a file that is there, Merge puts YAML maps over it, Extract unpacks .tar.gz and .tgz files.",
                         "Overwrite", "Merge", "Extract"),
        "optional": boolean("Matching nothing is no error."),
    }, "from to")
    out = obj("", {
        "name": string("Name of the ExternalArtifact; may hold {captures} of the path pattern.", minLength=1, maxLength=253),
        "revision": string("@alias: takes the revision of that source; latest@<digest> where left out.", maxLength=64, pattern=f"^@({name})$"),
        "originRevision": string("@alias: the revision of that source's origin goes into the artifact's metadata.", maxLength=64,
                                 pattern=f"^@({name})$"),
        "copy": array("What goes in, in this order.", copy, minItems=1),
    }, "copy name")
    rules = [rule(f"has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('{dns}'))",
                  "artifact names must be valid Kubernetes object names when pathPattern is not set")]
    spec = obj("Which sources become which artifacts.", {
        "sources": array("The sources.", source, minItems=1, maxItems=1000),
        "artifacts": array("The artifacts.", out, minItems=1, maxItems=1000),
        "pathPattern": string("@alias/pattern: the artifacts are made once for each folder of that source that matches, {name} capturing a part.",
                              maxLength=1024, pattern=f"^@({name})/(.*)$"),
        "commonMetadata": common_metadata(),
    }, "artifacts sources", rules)
    entry = obj("", {
        "name": string("Name of the ExternalArtifact."), "namespace": string("Its namespace."),
        "digest": string("Digest of its file."), "filename": string("Name of its file."),
    }, "digest filename name namespace")
    return spec, obj("What was generated.", {
        "conditions": conditions(),
        "inventory": array("The artifacts that were generated.", entry),
        "observedSourcesDigest": string("Digest over the sources of the last run."),
        "lastHandledReconcileAt": string("The last reconcile.fluxcd.io/requestedAt that was acted on."),
    })


URL = ("URL", ".spec.url")
KINDS = [
    dict(kind="GitRepository", short=["gitrepo"], columns=[URL, "Age", "Ready", "Status"], versions=["v1", "v1beta2", "v1beta1"], build=git_repository),
    dict(kind="OCIRepository", short=["ocirepo"], columns=[URL, "Ready", "Status", "Age"], versions=["v1", "v1beta2"], build=oci_repository),
    dict(kind="HelmRepository", short=["helmrepo"], columns=[URL, "Age", "Ready", "Status"], versions=["v1", "v1beta2", "v1beta1"], build=helm_repository),
    dict(kind="HelmChart", short=["hc"], columns=[("Chart", ".spec.chart"), ("Version", ".spec.version"), ("Source Kind", ".spec.sourceRef.kind"),
         ("Source Name", ".spec.sourceRef.name"), "Age", "Ready", "Status"], versions=["v1", "v1beta2", "v1beta1"], build=helm_chart),
    dict(kind="Bucket", short=[], columns=[("Endpoint", ".spec.endpoint"), "Age", "Ready", "Status"], versions=["v1", "v1beta2", "v1beta1"], build=bucket),
    dict(kind="ExternalArtifact", short=["ea"], columns=["Age", "Ready", "Status", ("Source", ".spec.sourceRef.name")], versions=["v1"], build=external_artifact),
]
for entry in KINDS:
    entry.update(group=GROUP, category="fluxcd-sources", component="source-controller")
KINDS.append(dict(group="source.extensions.fluxcd.io", kind="ArtifactGenerator", short=["ag"], columns=["Age", "Ready", "Status"],
                  versions=["v1beta1"], build=artifact_generator, category="fluxcd-sources", component="source-controller"))
