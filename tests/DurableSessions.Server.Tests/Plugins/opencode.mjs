// Runs a plugin as opencode does: its hooks, in the order of a conversation. Reads [{session, role, text}] from its input and writes what
// the plugin puts before the messages of a user.
import { readFileSync } from "node:fs"
import { pathToFileURL } from "node:url"

const { default: plugin } = await import(pathToFileURL(process.argv[2]).href)
const hooks = await plugin({ client: { tui: { showToast: async () => {} } }, directory: process.cwd() })
const sessions = new Set()
let messages = 0
for (const { session, role, text } of JSON.parse(readFileSync(0, "utf8"))) {
  if (!sessions.has(session)) {
    sessions.add(session)
    await hooks.event({ event: { type: "session.created", properties: { info: { id: session } } } })
  }

  const info = { id: `message-${session}-${++messages}`, sessionID: session, role, finish: role === "assistant" ? "stop" : undefined }
  const part = { id: `${info.id}-1`, type: "text", text, sessionID: session, messageID: info.id }
  if (role === "user") {
    const output = { message: info, parts: [part] }
    await hooks["chat.message"]({ sessionID: session, messageID: info.id }, output)
    for (const { text } of output.parts.filter((p) => p.synthetic)) {
      console.log(text)
    }
  }

  await hooks.event({ event: { type: "message.updated", properties: { info } } })
  await hooks.event({ event: { type: "message.part.updated", properties: { part } } })
  if (role === "assistant") {
    await hooks.event({ event: { type: "session.idle", properties: { sessionID: session } } })
  }
}

await hooks.dispose()
process.exit(0)
