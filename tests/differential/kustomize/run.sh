#!/bin/sh
# run.sh TESTER ORACLE [SEED [CASES]]: builds the oracle with the Go on the PATH and runs the tester against it. 77 = skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tester=$1 oracle=$2
if ! command -v go >/dev/null; then
  echo "SKIPPED: no go on the PATH, so the real kustomize cannot be built"
  exit 77
fi
if ! (cd "$here/oracle" && go build -ldflags '-X sigs.k8s.io/kustomize/api/provenance.version=v5.8.1' -o "$oracle" . 2>"$oracle.log"); then
  cat "$oracle.log"
  case $(cat "$oracle.log") in
    *"dial tcp"*|*"module lookup disabled"*|*"no such host"*)
      echo "SKIPPED: the real kustomize's modules cannot be fetched here"
      exit 77 ;;
  esac
  exit 1
fi
exec "$tester" --oracle "$oracle" --seed "${3:-1}" --cases "${4:-2000}"
