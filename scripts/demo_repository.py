"""What the demo puts into Git and into the cluster: the tutorial's repository and the objects that follow it."""
import os
import subprocess

WEBHOOK_TOKEN = "demo-token"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: webapp
spec:
  replicas: 1
  selector:
    matchLabels:
      app: webapp
  template:
    metadata:
      labels:
        app: webapp
    spec:
      containers:
      - name: webapp
        image: example/webapp
        ports:
        - containerPort: 8080
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: webapp
spec:
  selector:
    app: webapp
  ports:
  - port: 80
    targetPort: 8080
"""
BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
- service.yaml
commonLabels:
  version: v1.0.0
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  color: blue
"""


def overlay(env, tag, resources=()):
    more = "".join(f"- {r}\n" for r in resources)
    return f"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {env}
resources:
- ../../base
{more}patchesStrategicMerge:
- replicas.yaml
images:
- name: example/webapp
  newTag: {tag}
commonLabels:
  env: {env}
"""


def replicas(count):
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: webapp\nspec:\n  replicas: {count}\n"


class Repository:
    def __init__(self, folder):
        self.bare, self.work = f"{folder}/git/webapp.git", f"{folder}/webapp"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", self.bare], check=True)
        subprocess.run(["git", "init", "-q", "-b", "main", self.work], check=True)
        self.git("remote", "add", "origin", self.bare)

    def git(self, *argv):
        env = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_AUTHOR_NAME="Demo", GIT_AUTHOR_EMAIL="demo@example.com",
                   GIT_COMMITTER_NAME="Demo", GIT_COMMITTER_EMAIL="demo@example.com")
        return subprocess.run(["git", "-C", self.work, *argv], check=True, env=env, capture_output=True, text=True).stdout.strip()

    def write(self, files):
        for name, text in files.items():
            path = f"{self.work}/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write(text)

    def push(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", "main")
        return self.git("rev-parse", "HEAD")


def first_commit(repository):
    repository.write({
        "base/deployment.yaml": DEPLOYMENT, "base/service.yaml": SERVICE, "base/kustomization.yaml": BASE,
        "overlays/dev/kustomization.yaml": overlay("dev", "1.0.0", ["settings.yaml"]), "overlays/dev/replicas.yaml": replicas(1),
        "overlays/dev/settings.yaml": CONFIG,
        "overlays/prod/kustomization.yaml": overlay("prod", "1.0.0"), "overlays/prod/replicas.yaml": replicas(3)})
    return repository.push("webapp 1.0.0")


def objects(git_url, chat_url):
    kustomization = """
---
apiVersion: kustomize.toolkit.fluxcd.io/v1beta2
kind: Kustomization
metadata: {{name: webapp-{env}, namespace: flux-system}}
spec:
  interval: 10s
  path: ./overlays/{env}
  prune: true
  wait: true
  timeout: 1m
  sourceRef: {{kind: GitRepository, name: webapp}}
"""
    return f"""\
apiVersion: source.toolkit.fluxcd.io/v1beta2
kind: GitRepository
metadata: {{name: webapp, namespace: flux-system}}
spec:
  interval: 5m
  url: {git_url}
  ref: {{branch: main}}
{kustomization.format(env="dev")}{kustomization.format(env="prod")}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: {{name: chat, namespace: flux-system}}
spec: {{type: slack, channel: general, address: "{chat_url}"}}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: {{name: webapp, namespace: flux-system}}
spec:
  providerRef: {{name: chat}}
  eventSources: [{{kind: Kustomization, name: "*"}}, {{kind: GitRepository, name: "*"}}]
---
apiVersion: v1
kind: Secret
metadata: {{name: webhook, namespace: flux-system}}
stringData: {{token: {WEBHOOK_TOKEN}}}
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: {{name: webapp, namespace: flux-system}}
spec:
  type: github
  events: [push]
  secretRef: {{name: webhook}}
  resources: [{{kind: GitRepository, name: webapp}}]
"""
