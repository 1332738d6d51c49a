#!/bin/sh
# azd's postdeploy hook: the app is ready, takes a message, and commits it to the end. It uses a user's key of its own, smoke of account smoke,
# which is revoked at the end and expires within a day where that is not reached. A session is deleted once it was committed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
url=${API_URL:?is not set: run this by azd, after azd provision}
seconds=${SMOKE_SECONDS:-300}
pause=${SMOKE_PAUSE:-5}
session="smoke-$(date +%s)-$$"
. "$here/server.sh"

fail() {
  echo "smoke: $1" >&2
  exit 1
}

# Until the path ($1) answers 200 to the key ($2), if there is one; the last answer is in $status, 000 for none.
reaches() {
  began=$(date +%s)
  while :; do
    status=$(printf 'X-API-Key: %s\n' "${2:-}" |
      curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' --header @- "$url$1") || status=000
    [ "$status" = 200 ] && return 0
    [ $(($(date +%s) - began)) -ge "$seconds" ] && return 1
    sleep "$pause"
  done
}

added=$(server keys add --account smoke --user smoke --name smoke --expires 1) || fail "a key could not be made: check ALLOWED_IPS."
id=$(printf '%s\n' "$added" | sed -n 's/^Key \([0-9a-f]*\) of .*/\1/p')
trap 'server keys revoke "$id" >/dev/null || echo "smoke: key $id is not revoked; it expires within a day." >&2' EXIT
trap 'exit 1' HUP INT TERM
OPENVIKING_API_KEY=$(printf '%s\n' "$added" | tail -n 1)
export OPENVIKING_API_KEY
export OPENVIKING_URL="$url"

echo "smoke: waiting for $url/ready."
reaches /ready || fail "$url/ready answered $status and not 200 for $seconds s. The log of the app says why."

# A new key reaches all hosts within a minute.
reaches /api/v1/system/status "$OPENVIKING_API_KEY" || fail "$url answered $status to a new key for $seconds s."

printf '{"role":"user","content":"A message of the smoke test."}\n' | server sessions append "$session" - >/dev/null ||
  fail "a message could not be appended to session $session."
task=$(server commits start "$session" --json | sed -n 's/.*"task_id": *"\([^"]*\)".*/\1/p') || task=
[ -n "$task" ] || fail "no commit of session $session was started."
server commits follow "$task" --timeout "$seconds" || fail "commit $task of session $session was not completed within $seconds s."
server sessions delete "$session" --yes >/dev/null || fail "session $session was committed, and could not be deleted."
echo "smoke: a message was appended, and its commit completed."
