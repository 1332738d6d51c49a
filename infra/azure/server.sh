# For both hooks, which set $here to this folder: the program of the server, on the storage of the deployment.
export ConnectionStrings__Storage="${STORAGE_URL:?is not set: run this by azd, after azd provision}"
export Storage__Container="${STORAGE_CONTAINER:-durable-sessions}"

server() {
  ${DURABLE_SESSIONS_SERVER:-dotnet run --project "$here/../../src/DurableSessions.Server" --} "$@"
}
