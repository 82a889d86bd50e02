"""Schemas of Alert, Provider and Receiver. Fields that only betas had are accepted in every version."""
from schema import *  # noqa: F403

OBJECT_KINDS = ["Bucket", "GitRepository", "Kustomization", "HelmRelease", "HelmChart", "HelmRepository", "ImageRepository", "ImagePolicy",
                "ImageUpdateAutomation", "OCIRepository", "ArtifactGenerator", "ExternalArtifact"]
PROVIDER_TYPES = """slack discord msteams rocket generic generic-hmac github gitlab gitea giteapullrequestcomment bitbucketserver bitbucket
    azuredevops googlechat googlepubsub webex sentry azureeventhub telegram lark matrix opsgenie alertmanager grafana githubdispatch
    githubpullrequestcomment gitlabmergerequestcomment pagerduty datadog nats zulip otel zoom incident.io""".split()
GIT_TYPES = ["github", "gitlab", "gitea", "bitbucketserver", "bitbucket", "azuredevops"]
RECEIVER_TYPES = "generic generic-hmac generic-oidc github gitlab bitbucket harbor dockerhub quay gcr nexus acr cdevents".split()


def object_ref(**more):
    fields = {
        "apiVersion": string("API version of the objects."),
        "kind": enum("Kind of the objects.", *OBJECT_KINDS),
        "name": string("Name of the object, or * for all.", minLength=1, maxLength=253),
        "namespace": string("Namespace of the objects; this object's own where left out.", minLength=1, maxLength=253),
        "matchLabels": labels("Labels the objects must have."),
    }
    fields.update(more)
    return obj("", fields, "kind name")


def alert():
    spec = obj("Which events go where.", {
        "providerRef": local_ref("The Provider in this namespace that delivers."),
        "eventSources": array("The objects whose events are meant.", object_ref()),
        "eventSeverity": enum("error for failures only.", "info", "error", default="info"),
        "inclusionList": strings("Regular expressions of which a message must match one."),
        "exclusionList": strings("Regular expressions of messages to leave out."),
        "eventMetadata": labels("Extra fields of the notification."),
        "summary": string("One more field, as older manifests have it; use eventMetadata.", maxLength=255),
        "suspend": boolean("Stops notifications."),
    }, "eventSources providerRef")
    return spec, None


def provider():
    git = " || ".join(f"self.type == '{t}'" for t in GIT_TYPES)
    listed = ", ".join(f"'{t}'" for t in GIT_TYPES)
    spec = obj("Where and how notifications are delivered.", {
        "type": enum("Kind of receiver of the notifications.", *PROVIDER_TYPES),
        "address": string("Where to send, unless secretRef says it.", maxLength=2048),
        "channel": string("Channel, project or the like, as the type has it.", maxLength=2048),
        "username": string("Name to appear under.", maxLength=2048),
        "secretRef": local_ref("Secret with address, token and the like."),
        "certSecretRef": local_ref("Secret with the CA and the client certificate."),
        "proxySecretRef": local_ref("Secret with the proxy to use."),
        "proxy": string("Proxy as older manifests have it; use proxySecretRef.", maxLength=2048, pattern="^(http|https)://.*$"),
        "serviceAccountName": string("ServiceAccount whose cloud identity is used."),
        "timeout": timeout("Longest time of one delivery with all its retries."),
        "interval": duration("Has no effect."),
        "commitStatusExpr": string("CEL expression that gives the id of a commit status."),
        "suspend": boolean("Stops deliveries."),
    }, "type", [rule(f"{git} || !has(self.commitStatusExpr)",
                     f"spec.commitStatusExpr is only supported for the {listed} provider types")])
    return spec, None


def receiver():
    oidc = obj("", {
        "issuerURL": string("Issuer of the tokens.", pattern="^https?://"),
        "audience": string("Audience the tokens must name.", default="notification-controller"),
        "variables": array("Named values for the validations.", obj("", {
            "name": string("Name.", minLength=1), "expression": string("CEL expression over the claims.", minLength=1)}, "expression name")),
        "validations": array("What must hold.", obj("", {
            "expression": string("CEL expression that must be true.", minLength=1),
            "message": string("What to say when it is not.", minLength=1)}, "expression message"), minItems=1),
    }, "issuerURL validations")
    providers = array("Issuers whose tokens are accepted, for type generic-oidc.", oidc)
    providers["x-kubernetes-list-type"] = "map"
    providers["x-kubernetes-list-map-keys"] = ["issuerURL"]
    spec = obj("Which webhooks reconcile what.", {
        "type": enum("Who sends the webhook.", *RECEIVER_TYPES),
        "interval": duration("How often the token is read again.", default="10m"),
        "events": strings("Events to accept; all where left out."),
        "resources": array("The objects to reconcile.", object_ref(filter=string("CEL expression that picks objects."))),
        "resourceFilter": string("CEL expression that picks objects, for all resources."),
        "secretRef": local_ref("Secret with the token of the webhook."),
        "oidcProviders": providers,
        "suspend": boolean("Stops reacting to webhooks."),
    }, "resources type", [
        rule("self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
             "generic-oidc receivers must define at least one oidcProvider"),
        rule("self.type == 'generic-oidc' || !has(self.oidcProviders)", "oidcProviders can only be set when type is generic-oidc"),
        rule("self.type != 'generic-oidc' || !has(self.secretRef)", "secretRef cannot be set when type is generic-oidc"),
        rule("self.type == 'generic-oidc' || has(self.secretRef)", "secretRef is required when type is not generic-oidc"),
    ])
    return spec, status({"webhookPath": string("Path of the webhook's address."), "url": string("Written by older versions.")})


KINDS = [
    dict(kind="Alert", short=[], columns=["Age"], versions=["v1beta3", "v1beta2", "v1beta1"], build=alert),
    dict(kind="Provider", short=[], columns=["Age"], versions=["v1beta3", "v1beta2", "v1beta1"], build=provider),
    dict(kind="Receiver", short=[], columns=["Age", "Ready", "Status"], versions=["v1", "v1beta2", "v1beta1"], build=receiver),
]
for entry in KINDS:
    entry.update(group="notification.toolkit.fluxcd.io", category="fluxcd-notifications", component="notification-controller")
