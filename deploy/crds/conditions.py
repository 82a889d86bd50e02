"""The conditions and events of each kind, for the reference. tests/lint/docs.py holds the reasons against those the code knows."""

# (type, status, reasons, meaning)
READY = ("`Ready`", "True", ["Succeeded"], "The artifact is what the spec asks for.")
PENDING = ("`Ready`", "Unknown", ["Progressing"], "An artifact is being made, and there is none yet or upstream has a newer one.")
RECONCILING = ("`Reconciling`", "True", ["Progressing", "ProgressingWithRetry"], "A pass is under way; the last one failed and is tried again.")
STALLED = ("`Stalled`", "True", ["InvalidSpec"], "Only a change of the object helps: a field cannot be read.")
STORED = ("`ArtifactInStorage`", "True", ["Succeeded"], "The artifact's file is there and whole.")
OUTDATED = ("`ArtifactOutdated`", "True", ["NewRevision"], "Upstream has a revision whose artifact is not made yet.")
STORAGE = ("`StorageOperationFailed`", "True", ["ArchiveOperationFailed"], "The archive could not be made or stored.")
MEANING_OF_READY = "While a condition of failure stands, `Ready` is False with its reason and message."


def fetch_failed(reasons, meaning):
    return ("`FetchFailed`", "True", reasons, meaning)


def verified(reasons):
    return ("`SourceVerified`", "True, False", ["Succeeded", *reasons], "The signatures were checked; False: not proven, and `Ready` is False.")


GATE = ("`Stalled`", "True", ["FeatureGateDisabled"], "`serviceAccountName` without the gate `ObjectLevelWorkloadIdentity`.")

CONDITIONS = {
    "GitRepository": [
        READY, PENDING, RECONCILING, STALLED, GATE,
        ("`Stalled`", "True", ["URLInvalid", "InvalidProviderConfiguration", "InvalidVerificationMode"], "What else the spec can have wrong."),
        STORED, OUTDATED,
        fetch_failed(["AuthenticationFailed", "GitOperationFailed", "EmptyGitRepository", "URLInvalid", "InvalidProviderConfiguration"],
                     "A Secret lacks something; the server refused or could not be reached, or the reference is not there; there is no commit."),
        ("`IncludeUnavailable`", "True", ["NotFound", "NoArtifact"], "An included GitRepository, or its artifact, is not there."),
        ("`StorageOperationFailed`", "True", ["ArchiveOperationFailed", "IllegalPath", "CopyFailure"],
         "The archive could not be made or stored; an include cannot go where it should."),
        verified(["VerificationError", "InvalidGitObject", "InvalidTagSignature", "InvalidCommitSignature", "InvalidVerificationMode"]),
    ],
    "OCIRepository": [
        READY, PENDING, RECONCILING, STALLED, GATE,
        ("`Stalled`", "True", ["URLInvalid"], "The URL is no repository of a registry."),
        STORED, OUTDATED,
        fetch_failed(["AuthenticationFailed", "URLInvalid", "ReadOperationFailed", "OCIArtifactPullFailed", "OCIArtifactLayerOperationFailed",
                      "DirectoryCreationFailed"],
                     "A login or Secret; no tag for the reference; manifest or layer not pulled; the selected layer is not there or no archive."),
        STORAGE, verified(["VerificationError"]),
    ],
    "HelmRepository": [
        READY, PENDING, RECONCILING, STALLED, ("`Stalled`", "True", ["URLInvalid"], "The URL cannot be read."),
        STORED, OUTDATED,
        fetch_failed(["AuthenticationFailed", "Failed", "IndexationFailed", "URLInvalid"], "A Secret; the index was not fetched; it is no index."),
        STORAGE,
    ],
    "HelmChart": [
        ("`Ready`", "True", ["ChartPullSucceeded", "ChartPackageSucceeded"], "The chart is stored as it came from its repository, or as it was packaged here."),
        PENDING, RECONCILING, STALLED,
        ("`Stalled`", "True", ["InvalidChartReference", "ValuesFilesError", "MetadataPatchError", "UnsupportedSourceKind", "URLInvalid", "Failed"],
         "Name or version cannot be had; a values file or Chart.yaml cannot be read; the source's kind or URL."),
        ("`ArtifactInStorage`", "True", ["ChartPullSucceeded", "ChartPackageSucceeded"], "The chart's file is there and whole."),
        ("`ArtifactOutdated`", "True", ["NewChart"], "There is a newer chart, which is not stored yet."),
        fetch_failed(["InvalidChartReference", "ChartPullError", "SourceUnavailable", "NoSourceArtifact", "AuthenticationFailed", "Unknown"],
                     "The chart was not found or pulled; its source, or the source's artifact, is not there."),
        ("`BuildFailed`", "True", ["ValuesFilesError", "MetadataPatchError", "DependencyBuildError", "ChartPackageError", "ChartVerificationError"],
         "The chart is there and could not be made into an artifact."),
        STORAGE, verified(["VerificationError"]),
    ],
    "Bucket": [
        READY, PENDING, RECONCILING, STALLED, GATE, ("`Stalled`", "True", ["InvalidSTSConfiguration", "URLInvalid"], "`sts` does not fit the provider, or its endpoint cannot be read."),
        STORED, OUTDATED,
        fetch_failed(["AuthenticationFailed", "BucketOperationFailed"], "A Secret or identity; the bucket is not there, or was not listed or read."),
        STORAGE,
    ],
    "ExternalArtifact": [("`Ready`", "True", ["Succeeded"], "Written by whoever makes the artifact: here, with an ArtifactGenerator's artifact.")],
    "ArtifactGenerator": [
        ("`Ready`", "True", ["Succeeded"], "The artifacts are those of the sources as they are."),
        ("`Ready`", "True", ["ReconciliationDisabled"], "Made with `source.extensions.fluxcd.io/reconcile: disabled`."),
        ("`Ready`", "Unknown", ["Progressing"], "A build is under way."),
        ("`Ready`", "False", ["SourceFetchFailed", "BuildFailed", "ReconciliationFailed"], "A source or its artifact is not there; an operation failed; an object was not written."),
        ("`Stalled`", "True", ["ValidationFailed", "AccessDenied", "BuildFailed"], "A name, path or alias; a source of another namespace; a path pattern."),
        RECONCILING,
    ],
    "Kustomization": [
        ("`Ready`", "True", ["ReconciliationSucceeded"], "The revision is applied (and healthy, where health is checked)."),
        ("`Ready`", "Unknown", ["Progressing"], "A new revision or generation is being applied or waited for."),
        ("`Ready`", "False", ["ArtifactFailed"], "The source, or its artifact, is not there or not whole."),
        ("`Ready`", "False", ["DependencyNotReady"], "A Kustomization of `dependsOn` is not ready; a change of it wakes this one."),
        ("`Ready`", "False", ["BuildFailed"], "The overlay does not build; the message is kustomize's."),
        ("`Ready`", "False", ["ReconciliationFailed"], "A dry run or an apply was refused; a field of the spec cannot be read."),
        ("`Ready`", "False", ["PruneFailed"], "An object that left the source could not be deleted."),
        ("`Ready`", "False", ["HealthCheckFailed"], "An object failed, or was not ready when `timeout` was over."),
        ("`Healthy`", "True, False, Unknown", ["Succeeded", "HealthCheckFailed", "Progressing"], "Where `wait` or `healthChecks` ask for it."),
        ("`Reconciling`", "True", ["Progressing", "ProgressingWithRetry"], "A pass is under way; the last one failed and is tried again."),
        ("`Stalled`", "True", ["AccessDenied", "UnsupportedFeature", "ReconciliationFailed"], "A source or dependency of another namespace while tenants are locked in; a field that is not in yet; a field that cannot be read."),
    ],
    "Receiver": [
        ("`Ready`", "True", ["Succeeded"], "`status.webhookPath` takes requests."),
        ("`Ready`", "False", ["TokenNotFound"], "The Secret, or its key `token`, is not there."),
        ("`Reconciling`", "True", ["ProgressingWithRetry"], "The Secret is looked for again."),
        ("`Stalled`", "True", ["ValidationFailed"], "The type, or a filter, is not in yet."),
    ],
}

# (reason, severity, meaning). Severities info and error go to Alerts; trace stays in Kubernetes, as Normal.
SOURCE_EVENTS = [
    ("NewArtifact", "info", "A new artifact is stored; the message tells the revision."),
    ("Succeeded", "info", "The artifact did not change, and a failure is over."),
    ("*the reason of a failure*", "error", "As in the conditions above."),
    ("ArtifactVerificationFailed", "error", "A stored file is not what its digest says; it is made anew."),
    ("GarbageCollectionFailed", "error", "Files of a deleted object could not be removed."),
    ("GarbageCollectionSucceeded", "trace", "Files of old artifacts, or of a deleted object, were removed."),
    ("ArtifactUpToDate", "trace", "Nothing changed upstream."),
]
LINK = ("SymlinkUpdateFailed", "trace", "The link of `status.url` could not be made; the artifact is served.")
IGNORE_ERROR = ("SourceIgnoreError", "error", "A `.sourceignore` cannot be read.")
EVENTS = {
    "GitRepository": SOURCE_EVENTS + [
        IGNORE_ERROR,
        ("GitOperationSucceeded", "trace", "The reference is where it was."),
        ("LinksLeftOut", "trace", "How many symbolic links and special files the artifact lacks, and the first of them."),
    ],
    "OCIRepository": SOURCE_EVENTS + [IGNORE_ERROR, LINK],
    "HelmRepository": SOURCE_EVENTS + [LINK],
    "HelmChart": [("ChartPullSucceeded, ChartPackageSucceeded", "info", "A new chart is stored, or a failure is over."), *SOURCE_EVENTS[2:],
                  ("ResolvedDependencies", "trace", "Dependencies were added to a chart of a directory."),
                  ("ChartVersionUnchanged", "trace", "The Git repository or bucket changed, the chart's version did not: the chart is not packaged "
                   "again. `reconcileStrategy: Revision` would do so."), LINK],
    "Bucket": SOURCE_EVENTS + [LINK],
    "ArtifactGenerator": [("Ready", "info, trace", "Artifacts were made (info); nothing differed (trace)."),
                          ("*the reason of a failure*", "error", "As in the conditions above."),
                          ("ReconciliationDisabled", "trace", "Its annotation turns it off.")],
    "Kustomization": [("Progressing", "info", "What was created, changed or deleted; what is waited for."),
                      ("ReconciliationSucceeded", "info", "The revision is applied."),
                      ("DependencyNotReady", "info", "What is waited for."),
                      ("HealthCheckCanceled", "info", "A newer revision came while health was waited for."),
                      ("*the reason of a failure*", "error", "As in the conditions above.")],
    "Receiver": [("Succeeded", "info", "The path is served."), ("Failed, ValidationFailed", "error", "As in the conditions above.")],
    "Provider": [("Migration", "info", "A status of an older version was taken off. Of Alerts, too.")],
    "Alert": [("NotificationDispatchFailed", "error", "The Provider did not take the message."),
              ("InvalidConfig", "error", "A pattern of `inclusionList` or `exclusionList` cannot be read, or the Provider is not usable."),
              ("SourceFetchFailed", "error", "The object of an event with labels to match could not be read."),
              ("MetadataAppendFailed", "error", "Metadata of the event and of the Alert have one key.")],
}


def section(kind):
    """The Markdown lines of a kind's conditions and events; empty where it has none."""
    out = []
    if kind in CONDITIONS:
        out += ["", "## Conditions", "", "| type | status | reasons | meaning |", "|---|---|---|---|"]
        out += [f"| {t} | {s} | {', '.join(f'`{r}`' for r in reasons)} | {meaning} |" for t, s, reasons, meaning in CONDITIONS[kind]]
        if any(t in ("`FetchFailed`", "`BuildFailed`") for t, *_ in CONDITIONS[kind]):
            out += ["", MEANING_OF_READY]
    if kind in EVENTS:
        out += ["", "## Events", "", "Severities info and error reach Alerts; trace stays in Kubernetes.", "",
                "| reason | severity | when |", "|---|---|---|"]
        for reasons, severity, meaning in EVENTS[kind]:
            shown = reasons if reasons.startswith("*") else ", ".join(f"`{r}`" for r in reasons.split(", "))
            out.append(f"| {shown} | {severity} | {meaning} |")
    return out
