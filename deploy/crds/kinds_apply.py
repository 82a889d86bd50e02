"""Schemas of Kustomization and HelmRelease. Fields that only betas had are accepted in every version."""
from schema import *  # noqa: F403

NAME = dict(minLength=1, maxLength=253)
NAMESPACE = dict(minLength=1, maxLength=63)


def kustomization():
    spec = {
        "interval": duration("How often the cluster is brought to the state of the source."),
        "retryInterval": duration("How soon a failed reconcile is tried again; the interval where left out."),
        "timeout": duration("Longest time of building, applying and health checks together; the interval less 30s where left out."),
        "suspend": boolean("Stops reconciling this object."),
        "sourceRef": kinds_ref("The source of the manifests.", ["OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"]),
        "path": string("Folder in the source; its root where left out."),
        "prune": boolean("Deletes objects that are no longer in the source."),
        "deletionPolicy": enum("What becomes of the applied objects when this one is deleted; MirrorPrune where left out.",
                               "MirrorPrune", "Delete", "WaitForTermination", "Orphan"),
        "force": boolean("Recreates objects whose change Kubernetes refuses because a field cannot be changed.", default=False),
        "wait": boolean("Waits until all applied objects are healthy; healthChecks is not used then."),
        "healthChecks": array("Objects that must be healthy.", obj("", {
            "apiVersion": string("API version; apps/v1 where left out."),
            "kind": string("Kind."),
            "name": string("Name."),
            "namespace": string("Namespace."),
        }, "kind name")),
        "healthCheckExprs": health_check_exprs(),
        "dependsOn": depends_on("Kustomizations that must be ready first."),
        "serviceAccountName": string("ServiceAccount in this namespace to act as."),
        "kubeConfig": kube_config("The cluster to apply to; this one where left out."),
        "targetNamespace": string("Namespace put on every namespaced object.", **NAMESPACE),
        "namePrefix": string("Put before every name.", minLength=1, maxLength=200),
        "nameSuffix": string("Put after every name.", minLength=1, maxLength=200),
        "commonMetadata": common_metadata(),
        "patches": patches(),
        "images": images(),
        "components": strings("Kustomize components, as paths relative to path."),
        "ignoreMissingComponents": boolean("Leaves out components that do not exist."),
        "buildMetadata": array("Annotations that say where an object comes from.",
                               enum("", "originAnnotations", "transformerAnnotations")),
        "ignore": ignore_rules("Fields that are neither compared nor applied."),
        "decryption": obj("How encrypted Secrets are decrypted.", {
            "provider": enum("The format.", "sops"),
            "secretRef": local_ref("Secret with the private keys."),
            "serviceAccountName": string("ServiceAccount whose cloud identity is used with key services."),
        }, "provider"),
        "postBuild": obj("Variables replaced in the built manifests.", {
            "substitute": labels("The variables."),
            "substituteFrom": array("Where more variables come from.", obj("", {
                "kind": enum("Kind.", "Secret", "ConfigMap"),
                "name": string("Name, in this namespace.", **NAME),
                "optional": boolean("Not existing is no error.", default=False),
            }, "kind name")),
            "substituteStrategy": enum("When to replace: only with variables defined, or always.", "WithVariables", "Always"),
        }),
        "patchesStrategicMerge": strategic_merge(),
        "patchesJson6902": json6902(),
        "validation": enum("Had a meaning in v1beta1; accepted and ignored.", "none", "client", "server"),
    }
    snapshot = obj("Written by v1beta1.", {
        "checksum": string(""),
        "entries": array("", obj("", {"namespace": string(""), "kinds": labels("")}, "kinds")),
    }, "checksum entries")
    return obj("What to apply and how.", spec, "interval prune sourceRef"), status({
        "lastAppliedRevision": string("Source revision of the last success."),
        "lastAppliedOriginRevision": string("Upstream revision of the last success, where the source tells it."),
        "lastAttemptedRevision": string("Source revision of the last try."),
        "inventory": inventory(),
        "history": array("The last outcomes, newest first.", obj("", {
            "digest": string("Digest of what was applied."),
            "firstReconciled": time("First time of this outcome."),
            "lastReconciled": time("Last time of this outcome."),
            "lastReconciledDuration": string("How long the last one took."),
            "lastReconciledStatus": string("Reason of the outcome."),
            "totalReconciliations": integer("How often it happened.", format="int64"),
            "metadata": labels("Revisions."),
        }, "digest firstReconciled lastReconciled lastReconciledDuration lastReconciledStatus totalReconciliations")),
        "snapshot": snapshot,
    })


def helm_chart_template():
    return obj("The HelmChart to make.", {
        "metadata": obj("Its metadata.", {"annotations": labels("Annotations."), "labels": labels("Labels.")}),
        "spec": obj("Its spec.", {
            "chart": string("Name of the chart, or its path in the source.", minLength=1, maxLength=2048),
            "version": string("Version or SemVer range.", default="*"),
            "sourceRef": kinds_ref("Where the chart comes from.", ["HelmRepository", "GitRepository", "Bucket"], name=NAME, namespace=NAMESPACE),
            "interval": duration("How often the source is asked; the interval of the HelmRelease where left out."),
            "reconcileStrategy": enum("What makes a new chart: a new version, or any new source revision.",
                                      "ChartVersion", "Revision", default="ChartVersion"),
            "valuesFiles": strings("Values files of the chart that are merged, in order."),
            "valuesFile": string("One values file as older API versions have it; use valuesFiles."),
            "ignoreMissingValuesFiles": boolean("Leaves out values files that do not exist."),
            "verify": obj("How the chart's signature is checked.", {
                "provider": enum("Tool that made the signature.", "cosign", "notation", default="cosign"),
                "secretRef": local_ref("Secret with the trusted public keys."),
            }, "provider"),
        }, "chart sourceRef"),
    }, "spec")


def action(kind):
    """The options of install, upgrade, rollback, uninstall: a common part and what each has of its own."""
    out = {
        "timeout": timeout("Longest time of one Kubernetes operation of this action."),
        "disableWait": boolean("Does not wait until the objects are ready."),
        "disableHooks": boolean("Runs no hooks."),
    }
    if kind != "uninstall":
        out["disableWaitForJobs"] = boolean("Does not wait for Jobs.")
    if kind in ("install", "upgrade"):
        out.update({
            "disableOpenAPIValidation": boolean("Does not validate against the cluster's schema."),
            "disableSchemaValidation": boolean("Does not validate the values against the chart's schema."),
            "disableTakeOwnership": boolean("Refuses objects that belong to nobody yet."),
            "crds": enum("What to do with the chart's CRDs.", "Skip", "Create", "CreateReplace"),
        })
    if kind in ("upgrade", "rollback"):
        out["serverSideApply"] = enum("Whether to apply on the server side; auto goes on as the release was made.", "enabled", "disabled", "auto")
        out["force"] = boolean("Replaces objects instead of patching them.")
        out["cleanupOnFail"] = boolean("Deletes objects that a failed action created.")
    return out


def remediation(kind):
    fields = {
        "retries": integer("How often to try again after a failure; below zero without end."),
        "ignoreTestFailures": boolean("A failed test is no failure."),
        "remediateLastFailure": boolean("Remediates the last failure too, when no try is left."),
    }
    if kind == "upgrade":
        fields["strategy"] = enum("What to do after a failure.", "rollback", "uninstall")
    return obj("What to do after a failure.", fields)


def strategy(test, message):
    return obj("How failures are dealt with.", {
        "name": enum("Remediate, or only try again.", "RemediateOnFailure", "RetryOnFailure"),
        "retryInterval": timeout("How soon to try again."),
    }, "name", [rule(test, message)])


def helm_actions():
    install, upgrade, rollback, uninstall = (action(k) for k in ("install", "upgrade", "rollback", "uninstall"))
    install.update({
        "serverSideApply": boolean("Applies on the server side."),
        "replace": boolean("Uses again the name of a deleted release."),
        "skipCRDs": boolean("Has no effect; use crds."),
        "createNamespace": boolean("Creates the target namespace."),
        "remediation": remediation("install"),
        "strategy": strategy("!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
                             ".retryInterval cannot be set when .name is 'RemediateOnFailure'"),
    })
    upgrade.update({
        "preserveValues": boolean("Keeps the values of the last release where none are given."),
        "chartNameChangeStrategy": enum("What to do when the chart's name changes.", "Reinstall", "InPlaceUpdate"),
        "remediation": remediation("upgrade"),
        "strategy": strategy("!has(self.retryInterval) || self.name == 'RetryOnFailure'",
                             ".retryInterval can only be set when .name is 'RetryOnFailure'"),
    })
    rollback["recreate"] = boolean("Has no effect.")
    uninstall.update({
        "keepHistory": boolean("Keeps the record of the release."),
        "deletionPropagation": enum("How objects are deleted.", "background", "foreground", "orphan", default="background"),
    })
    test = {
        "enable": boolean("Runs the chart's tests after install and upgrade."),
        "timeout": timeout("Longest time of one test hook."),
        "ignoreFailures": boolean("A failed test does not fail the release."),
        "filters": array("Which tests to run.", obj("", {
            "name": string("Name of the test.", **NAME),
            "exclude": boolean("Leaves it out instead."),
        }, "name")),
    }
    return {"install": obj("How to install.", install), "upgrade": obj("How to upgrade.", upgrade),
            "rollback": obj("How to roll back.", rollback), "uninstall": obj("How to uninstall.", uninstall), "test": obj("How to test.", test)}


def helm_values_from():
    return array("Where more values come from, in order.", obj("", {
        "kind": enum("Kind.", "Secret", "ConfigMap"),
        "name": string("Name, in this namespace.", **NAME),
        "valuesKey": string("Key of the data; values.yaml where left out.", maxLength=253, pattern=r"^[\-._a-zA-Z0-9]+$"),
        "targetPath": string("Place in the values that gets the data as one value.", maxLength=250,
                             pattern=r"^([a-zA-Z0-9_\-.\\\/]|\[[0-9]{1,5}\])+$"),
        "optional": boolean("Not existing is no error."),
        "literal": boolean("The data is text as it stands, not parsed."),
    }, "kind name"))


def helm_snapshot():
    return array("Releases this object made, newest first.", obj("", {
        "apiVersion": string("Version of this record."), "digest": string("Digest of the release object."),
        "name": string("Release name."), "namespace": string("Release namespace."), "version": integer("Release number."),
        "status": string("State of the release."), "action": string("The action that made it."),
        "chartName": string("Chart name."), "chartVersion": string("Chart version."), "appVersion": string("Version of the app in the chart."),
        "configDigest": string("Digest of the values."), "firstDeployed": time("When the release was first deployed."),
        "lastDeployed": time("When this one was deployed."), "deleted": time("When it was deleted."),
        "ociDigest": string("Digest of the OCI artifact."),
        "testHooks": node("object", "Outcomes of the tests.", additionalProperties=obj("", {
            "lastStarted": time("When it began."), "lastCompleted": time("When it ended."), "phase": string("How it ended.")})),
    }, "chartName chartVersion configDigest digest firstDeployed lastDeployed name namespace status version"))


def helm_release():
    post = array("Changes to the rendered objects.", obj("", {"kustomize": obj("By kustomize.", {
        "patches": patches(), "images": images(),
        "patchesStrategicMerge": strategic_merge(), "patchesJson6902": json6902()})}))
    spec = {
        "chart": helm_chart_template(),
        "chartRef": kinds_ref("A chart that another object provides.", ["OCIRepository", "HelmChart", "ExternalArtifact"], name=NAME, namespace=NAMESPACE),
        "interval": duration("How often the release is brought to the wanted state."),
        "timeout": timeout("Longest time of one Kubernetes operation; 5m where left out."),
        "suspend": boolean("Stops reconciling this object."),
        "releaseName": string("Name of the release; [<targetNamespace>-]<name> where left out.", minLength=1, maxLength=53),
        "targetNamespace": string("Namespace of the release.", **NAMESPACE),
        "storageNamespace": string("Namespace of the release records.", **NAMESPACE),
        "dependsOn": depends_on("HelmReleases that must be ready first."),
        "maxHistory": integer("How many release records are kept; 5 where left out, 0 for all."),
        "serviceAccountName": string("ServiceAccount in this namespace to act as.", **NAME),
        "persistentClient": boolean("Keeps one client for all actions of a reconcile; true where left out."),
        "kubeConfig": kube_config("The cluster to release to; this one where left out."),
        "driftDetection": obj("What to do about changes that others made.", {
            "mode": enum("Correct, only tell, or leave alone.", "enabled", "warn", "disabled"),
            "ignore": ignore_rules("Fields that are not compared."),
        }),
        "values": anything("Values of the chart."),
        "valuesFrom": helm_values_from(),
        "commonMetadata": common_metadata(),
        "postRenderers": post,
        "postRenderStrategy": enum("Whether hooks are post-rendered, and with the rest or apart.", "nohooks", "combined", "separate"),
        "waitStrategy": obj("How readiness is awaited.", {"name": enum("The way.", "poller", "legacy")}, "name"),
        "healthCheckExprs": health_check_exprs(),
    }
    spec.update(helm_actions())
    rules = [rule("(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))", "either chart or chartRef must be set")]
    text = {"observedPostRenderersDigest": "Digest of the post-renderers of the last release.",
            "observedCommonMetadataDigest": "Digest of the common metadata of the last release.", "helmChart": "<namespace>/<name> of the HelmChart made.",
            "lastAttemptedReleaseActionDuration": "How long the last action took.", "lastAttemptedRevision": "Chart version of the last try.",
            "lastAttemptedRevisionDigest": "Digest of the chart of the last try.", "lastAttemptedConfigDigest": "Digest of the values of the last try.",
            "lastAttemptedValuesChecksum": "Written by older versions.", "lastAppliedRevision": "Written by older versions.",
            "lastHandledForceAt": "The last reconcile.fluxcd.io/forceAt that was acted on.",
            "lastHandledResetAt": "The last reconcile.fluxcd.io/resetAt that was acted on."}
    found = {name: string(words) for name, words in text.items()}
    for name, words in {"failures": "Failures against the present spec.", "installFailures": "Failed installs against the present spec.",
                        "upgradeFailures": "Failed upgrades against the present spec.", "lastAttemptedGeneration": "Generation of the last try."}.items():
        found[name] = integer(words, format="int64")
    found.update({
        "lastReleaseRevision": integer("Written by older versions."), "history": helm_snapshot(), "inventory": inventory(),
        "storageNamespace": string("Namespace of the release records.", **NAMESPACE),
        "lastAttemptedReleaseAction": enum("The last action.", "install", "upgrade")})
    return obj("Which chart to release and how.", spec, "interval", rules), status(found)


KINDS = [
    dict(group="kustomize.toolkit.fluxcd.io", kind="Kustomization", short=["ks"], columns=["Age", "Ready", "Status"],
         versions=["v1", "v1beta2", "v1beta1"], build=kustomization, category="fluxcd-appliers", component="kustomize-controller"),
    dict(group="helm.toolkit.fluxcd.io", kind="HelmRelease", short=["hr"], columns=["Age", "Ready", "Status"],
         versions=["v2", "v2beta2", "v2beta1"], build=helm_release, category="fluxcd-appliers", component="helm-controller"),
]
