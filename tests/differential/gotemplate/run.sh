#!/bin/sh
# run.sh TESTER ORACLE [SEED [CASES]]: builds the oracle with the Go on the PATH and runs the tester against it. 77 = skipped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tester=$1 oracle=$2
if ! command -v go >/dev/null; then
  echo "SKIPPED: no go on the PATH, so the real Helm cannot be built"
  exit 77
fi
if ! (cd "$here/oracle" && go build -o "$oracle" . && go build -modfile=go3.mod -tags helm3 -o "${oracle}3" .) 2>"$oracle.log"; then
  cat "$oracle.log"
  case $(cat "$oracle.log") in
    *"dial tcp"*|*"module lookup disabled"*|*"no such host"*)
      echo "SKIPPED: the real Helm's modules cannot be fetched here"
      exit 77 ;;
  esac
  exit 1
fi
exec "$tester" --oracle "$oracle" --oracle3 "${oracle}3" --seed "${3:-1}" --cases "${4:-5000}"
