"""Words to write CRD schemas with: each function returns one OpenAPI v3 node as a dict. Used by generate.py."""

DURATION = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"
TIMEOUT = r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$"


def node(kind, text, **rest):
    out = {"description": text} if text else {}
    out.update(rest)
    out["type"] = kind
    return out


def string(text, **rest):
    return node("string", text, **rest)


def enum(text, *values, **rest):
    return node("string", text, enum=list(values), **rest)


def boolean(text, **rest):
    return node("boolean", text, **rest)


def integer(text, **rest):
    return node("integer", text, **rest)


def time(text):
    return node("string", text, format="date-time")


def duration(text, **rest):
    return string(text, pattern=DURATION, **rest)


def timeout(text, **rest):
    return string(text, pattern=TIMEOUT, **rest)


def array(text, items, **rest):
    return node("array", text, items=items, **rest)


def strings(text, **rest):
    return array(text, {"type": "string"}, **rest)


def labels(text):
    return node("object", text, additionalProperties={"type": "string"})


def anything(text):
    return {"description": text, "x-kubernetes-preserve-unknown-fields": True}


def rule(expression, message):
    return {"rule": expression, "message": message}


def obj(text, fields, required="", rules=(), **rest):
    """required: field names separated by blanks; rules: CEL validations."""
    out = node("object", text, properties=fields, **rest)
    if required:
        out["required"] = required.split()
    if rules:
        out["x-kubernetes-validations"] = list(rules)
    return out


def local_ref(text):
    return obj(text, {"name": string("Name of the object.")}, "name")


def kinds_ref(text, kinds, **more):
    """A reference to an object of one of `kinds` in this or another namespace."""
    return obj(text, {
        "apiVersion": string("API version of the object; not needed to find it."),
        "kind": enum("Kind of the object.", *kinds),
        "name": string("Name of the object.", **more.get("name", {})),
        "namespace": string("Namespace of the object; this object's own where left out.", **more.get("namespace", {})),
    }, "kind name")


def selector(text):
    return obj(text, {
        "group": string("API group the object must have."),
        "version": string("API version the object must have."),
        "kind": string("Kind the object must have."),
        "namespace": string("Namespace the object must have."),
        "name": string("Name the object must have."),
        "annotationSelector": string("Label selector expression matched against the annotations."),
        "labelSelector": string("Label selector expression matched against the labels."),
    })


def conditions():
    item = obj("One aspect of the object's state.", {
        "type": string("Name of the aspect, in CamelCase.", maxLength=316,
                       pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
                               r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"),
        "status": enum("Whether it holds.", "True", "False", "Unknown"),
        "reason": string("Why, as one CamelCase word for programs.", minLength=1, maxLength=1024,
                         pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
        "message": string("Why, for people.", maxLength=32768),
        "lastTransitionTime": time("When it last changed."),
        "observedGeneration": integer("Generation of the spec it was computed from.", format="int64", minimum=0),
    }, "lastTransitionTime message reason status type")
    return array("The object's state, aspect by aspect.", item)


def artifact(text):
    return obj(text, {
        "digest": string("Digest of the file, as <algorithm>:<hex>.",
                         pattern=r"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"),
        "lastUpdateTime": time("When the file was written."),
        "metadata": labels("What upstream says about itself, such as OCI annotations."),
        "path": string("Where the file lies below the storage root."),
        "revision": string("The upstream state the file was made from."),
        "size": integer("Bytes of the file.", format="int64"),
        "url": string("Where the file can be downloaded inside the cluster."),
        "checksum": string("Older name of the digest; no longer written."),
    }, "digest lastUpdateTime path revision url")


def status(fields):
    base = {
        "conditions": conditions(),
        "lastHandledReconcileAt": string("The last reconcile.fluxcd.io/requestedAt that was acted on."),
        "observedGeneration": integer("Generation of the spec that was last dealt with to the end.", format="int64"),
    }
    base.update(fields)
    return obj("What the controller found.", base, default={"observedGeneration": -1})


def inventory():
    entry = obj("One object.", {
        "id": string("<namespace>_<name>_<group>_<kind>."),
        "v": string("API version without its group."),
    }, "id v")
    return obj("The objects this one has applied.", {"entries": array("The objects, in the order of applying.", entry)}, "entries")


def kube_config(text):
    message = "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified"
    return obj(text, {
        "configMapRef": local_ref("ConfigMap that says how to reach the cluster with this controller's own cloud identity."),
        "secretRef": obj("Secret that holds a kubeconfig.", {
            "key": string("Key of the kubeconfig; `value`, then `value.yaml`, where left out."),
            "name": string("Name of the Secret."),
        }, "name"),
    }, rules=[rule("has(self.configMapRef) || has(self.secretRef)", message),
              rule("!has(self.configMapRef) || !has(self.secretRef)", message)])


def health_check_exprs():
    return array("How to read the health of kinds that do not report it the usual way, in CEL.", obj("", {
        "apiVersion": string("API version the expressions are for."),
        "kind": string("Kind the expressions are for; every kind of the group where left out."),
        "current": string("Holds when the object is healthy."),
        "inProgress": string("Holds when it is on its way."),
        "failed": string("Holds when it has failed."),
    }, "apiVersion current kind"))


def patches():
    return array("Patches applied to the built objects.", obj("", {
        "patch": string("A strategic merge patch or a JSON patch, as text."),
        "target": selector("The objects it is for."),
    }, "patch"))


def json6902():
    operation = obj("", {
        "op": enum("What to do.", "test", "remove", "add", "replace", "move", "copy"),
        "path": string("JSON pointer of the place."),
        "from": string("JSON pointer of the other place, for move and copy."),
        "value": anything("The value, for add, replace and test."),
    }, "op path")
    return array("JSON patches as older API versions have them; use patches.", obj("", {
        "patch": array("The operations.", operation),
        "target": selector("The objects it is for."),
    }, "patch target"))


def strategic_merge():
    return array("Strategic merge patches as older API versions have them; use patches.", anything("One patch."))


def images():
    return array("Replaced container images.", obj("", {
        "name": string("The image as the manifests name it, without tag."),
        "newName": string("Its new name."),
        "newTag": string("Its new tag."),
        "digest": string("Its new digest; beats newTag."),
    }, "name"))


def common_metadata():
    return obj("Metadata put on every object.", {
        "annotations": labels("Annotations to set."),
        "labels": labels("Labels to set."),
    })


def depends_on(text, cross=True):
    return array(text, obj("", {
        "name": string("Name of the object to wait for."),
        "namespace": string("Its namespace; this object's own where left out."),
        "readyExpr": string("CEL expression over `self` and `dep` that says when it is ready."),
    }, "name"))


def ignore_rules(text):
    return array(text, obj("", {
        "paths": strings("JSON pointers of the fields."),
        "target": selector("The objects it is for; all where left out."),
    }, "paths"))
