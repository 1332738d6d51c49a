// Runs a plugin as openclaw does: its context engine, in the order of a conversation. Reads [{session, role, text}] from its input; writes
// what the plugin makes of a user's message, and at the end how each session that was answered in was compacted.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const load = (file) => import(pathToFileURL(join(process.argv[2], file)).href)
const { OpenVikingClient } = await load("client.js")
const { memoryOpenVikingConfigSchema } = await load("config.js")
const { createMemoryOpenVikingContextEngine } = await load("context-engine.js")

const cfg = memoryOpenVikingConfigSchema.parse({ baseUrl: process.env.OPENVIKING_URL, autoRecall: true, autoCapture: true })
const client = new OpenVikingClient(cfg.baseUrl, "", "openclaw", 15_000)
const warn = (message) => console.log(`warning: ${message}`)
const engine = createMemoryOpenVikingContextEngine({
  id: "openviking",
  name: "OpenViking",
  cfg,
  logger: { info() {}, debug() {}, warn, error: warn },
  getClient: async () => client,
  resolveAgentId: () => "main",
})
const tokenBudget = 128_000
const sessions = new Map()
const answered = new Set()
for (const { session, role, text } of JSON.parse(readFileSync(0, "utf8"))) {
  const messages = sessions.get(session) ?? []
  sessions.set(session, messages)
  const before = messages.length
  messages.push({ role, content: role === "user" ? text : [{ type: "text", text }] })
  if (role === "user") {
    const assembled = await engine.assemble({ sessionId: session, messages: [...messages], tokenBudget })
    console.log(JSON.stringify(assembled.messages.at(-1)))
  } else {
    await engine.afterTurn({ sessionId: session, messages, prePromptMessageCount: before - 1, tokenBudget })
    answered.add(session)
  }
}

for (const sessionId of answered) {
  console.log(JSON.stringify(await engine.compact({ sessionId, tokenBudget })))
}
