#!/bin/sh
# azd's postprovision hook. An app without keys refuses to start, so there is one before the app is published: an operator's, made from this
# machine with the deployer's role on the container, and written to a file that its owner alone can read. Where there are keys, nothing is
# done. A run that is cut off after the key was made, and before it was written, leaves a key without a file: 'keys list' has it.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
file=${OPERATOR_KEY_FILE:-$here/.azure/${AZURE_ENV_NAME:?is not set: run this by azd}/operator.key}
seconds=${FIRST_KEY_SECONDS:-900}
pause=${FIRST_KEY_PAUSE:-15}
. "$here/server.sh"

fail() {
  echo "first-key: $1" >&2
  exit 1
}

if [ -z "${ALLOWED_IPS:-}" ]; then
  fail "ALLOWED_IPS is empty, so no key can be made from here. azd env set ALLOWED_IPS <your public IPv4 address>, and azd up again."
fi

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
# The role and the address take effect minutes after the deployment.
began=$(date +%s)
until keys=$(server keys list 2>"$errors"); do
  if [ $(($(date +%s) - began)) -ge "$seconds" ]; then
    cat "$errors" >&2
    fail "storage did not let this machine in for $seconds s: check ALLOWED_IPS, and that AZURE_PRINCIPAL_ID is who 'az login' signed in."
  fi
  sleep "$pause"
done

case $keys in
  *'There never was a key.'*) ;;
  *)
    echo "first-key: not the first deployment on this storage, so no key is made."
    exit 0
    ;;
esac

mkdir -p "$(dirname "$file")"
if [ -e "$file" ]; then
  fail "$file is there already, of another storage: move it away, and azd provision again."
fi

server keys add --operator --name "first key" >"$file" || { rm -f "$file"; fail "the key could not be made."; }
echo "first-key: an operator's key is in $file: put it into a vault, and delete the file."
