#!/usr/bin/env bash
# The black box with kill -9, over every way to run it: several clients append and commit over HTTP while all of a host is killed again
# and again; then every accepted commit has completed, and every acknowledged message is there exactly once, in order.
#   tests/kills.sh [FOLDER] [SEED]
# FOLDER (or AZURE_PARTS; ../shared/azure beside the repository) has the sources of the stand-ins for a Functions host and a scheduler, and
# packages. Without it only the embedded engine is killed.
# KILLS_BUILT says that the test projects are built, with packages in that folder. One line for each way; ends with an error where one failed.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
parts=${1:-${AZURE_PARTS:-$root/../shared/azure}}
export DURABLE_SESSIONS_SEED=${2:-$((RANDOM * 32768 + RANDOM))}
export MSBUILDDISABLENODEREUSE=1
cd "$root" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
echo "Kills with seed $DURABLE_SESSIONS_SEED."

# Fails where the command does, with what it wrote.
quietly() {
  "$@" >"$work/quietly.log" 2>&1 || { cat "$work/quietly.log"; return 1; }
}

# PROJECT METHOD WAY: runs one test, and prints its line.
kills() {
  local log=$work/$2.log begun=$SECONDS status
  timeout -k 5 240 "tests/$1/bin/Debug/net10.0/$1" -method "*.$2" -showLiveOutput -noColor >"$log" 2>&1
  status=$?
  # One that was skipped, or not found, has shown nothing.
  if [ "$status" -eq 0 ] && grep -q 'Total: 1, Errors: 0, Failed: 0, Skipped: 0' "$log"; then
    echo "$3: passed in $((SECONDS - begun)) s. $(sed -n 's/.*\[OUTPUT\] //p' "$log" | head -n 1)"
  else
    cat "$log"
    echo "$3: FAILED after $((SECONDS - begun)) s, seed $DURABLE_SESSIONS_SEED."
    return 1
  fi
}

failed=0
SECONDS=0
server=DurableSessions.Server.Tests
durable=DurableSessions.DurableTask.Tests
embedded=("$server" Every_accepted_commit_completes_and_every_message_is_there_once "Embedded engine")
if [ ! -d "$parts/task-hub" ] || [ ! -d "$parts/functions-host" ] || [ ! -d "$parts/packages" ]; then
  echo "Only the embedded engine is killed: $parts lacks the stand-ins for Azure, or their packages."
  quietly dotnet build "tests/$server" -v:quiet || exit 1
  kills "${embedded[@]}" || failed=1
  exit $failed
fi

parts=$(cd "$parts" && pwd)
. tests/guarded.sh
guard "$parts/packages" "${KILLS_BUILT:-$work}"

export DURABLE_SESSIONS_AZURE_PARTS=$work/parts
for program in task-hub functions-host; do
  stand_in "$parts" "$program" "$work" || exit 1
  quietly dotnet build "$work/$program" -c Release -o "$work/parts/$program" -v:quiet \
    "-p:RestoreAdditionalProjectSources=$parts/packages" "-p:RestorePackagesPath=$work/packages-of-parts" -p:RestoreLockedMode=false ||
    exit 1
done
if [ -z "${KILLS_BUILT:-}" ]; then
  quietly dotnet build "tests/$server" -v:quiet "${guarded[@]}" || exit 1
  quietly dotnet build "tests/$durable" -v:quiet "${guarded[@]}" || exit 1
fi
quietly dotnet publish src/DurableSessions.Functions -c Debug -o "$work/parts/app" -v:quiet "${guarded[@]}" || exit 1
echo "Building what is killed took $SECONDS s."

# Hubs on Azure Storage spend their time waiting for messages of the killed to be visible again: the others run beside them.
SECONDS=0
waiting=()
kills "$durable" Server_on_a_hub_on_Azure_Storage "Server, task hub on Azure Storage" &
waiting+=($!)
kills "$durable" Functions_on_a_hub_on_Azure_Storage "Functions, task hub on Azure Storage" &
waiting+=($!)
kills "${embedded[@]}" || failed=1
kills "$durable" Server_on_a_hub_in_memory "Server, task hub in memory" || failed=1
kills "$durable" Functions_on_a_hub_in_memory "Functions, task hub in memory" || failed=1
kills "$durable" A_worker_that_is_stopped_in_a_digest_takes_none_of_its_attempts "Functions, worker stopped in a digest" || failed=1
kills "$durable" An_invocation_that_fails_before_the_API_runs_is_answered_as_a_failure "Functions, without a client" || failed=1
for way in "${waiting[@]}"; do
  wait "$way" || failed=1
done
echo "All kills took $SECONDS s."
exit $failed
