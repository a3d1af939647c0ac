// One odd conversation on `/rpc`: calls that fit a payload schema and are spoiled, and messages that are no calls.
import { ChatRpcs } from "../../../src/contract/ChatRpcs.ts"
import type { Random } from "../../faults/Random.ts"
import { poison, sample, spoil } from "./Poison.ts"
import { frame, handshake, type Outcome, opcodes } from "./RawSocket.ts"
import { jsonSchemaOf } from "./SocketCase.ts"
import type { World } from "./World.ts"

const calls = [...ChatRpcs.requests].map(([tag, rpc]) => ({ tag, ...jsonSchemaOf(rpc.payloadSchema) }))

const callText = (world: World, random: Random, id: string): string => {
  const { definitions, schema, tag } = random.pick(calls)
  const payload = tag === "Me" ? "null" : sample(schema, definitions, random, world.known(random))
  const spoiled = random.chance(0.4) ? payload : spoil(payload, random)
  const flag = random.chance(0.1)
    ? random.pick(['"discard":true,', '"isNotification":true,', `"traceId":${poison(random)},`])
    : ""
  const headers = random.chance(0.9)
    ? "[]"
    : random.pick([poison(random), '[["authorization","Bearer x"]]', '[["__proto__"]]'])
  return `{"_tag":"Request",${flag}"id":${JSON.stringify(id)},"tag":${JSON.stringify(tag)},"payload":${spoiled},"headers":${headers}}`
}

const oddMessage = (random: Random): string =>
  random.pick([
    () => `{"_tag":${poison(random)},"id":"1"}`,
    () => `{"_tag":"Request","id":${poison(random)},"tag":"Me","payload":{},"headers":[]}`,
    () => `{"_tag":"Request","id":"1","tag":${poison(random)},"payload":{},"headers":[]}`,
    () => `{"_tag":"Request"}`,
    () => `{"_tag":"Interrupt","requestId":${poison(random)}}`,
    () => `{"_tag":"Ack","requestId":${poison(random)}}`,
    () => `{"_tag":"Eof"}`,
    () => `{"_tag":"Ping"}`,
    () => `{"_tag":"Request","id":"auth","tag":"Authenticate","payload":{"token":${poison(random)}},"headers":[]}`,
    () => `[${Array.from({ length: 200 }, () => '{"_tag":"Ping"}').join(",")}]`,
    () => poison(random),
    () => "",
    () => "{",
  ])()

/** A message is odd, a call is spoiled; the same id may come twice. */
export const newRpcCase = (world: World, random: Random) => {
  const token = world.ada.access_token
  const texts = Array.from({ length: random.between(1, 10) }, (_, i) =>
    random.chance(0.15) ? oddMessage(random) : callText(world, random, String(random.chance(0.05) ? 0 : i)),
  )
  const parts = texts.map((text) => frame(random.chance(0.03) ? opcodes.binary : opcodes.text, text))
  return {
    open: handshake("/rpc", [`Authorization: Bearer ${token}`]),
    parts: [...parts, frame(opcodes.close, Buffer.from([0x03, 0xe8]))],
    said: texts.join("\n"),
  }
}

/** What only our own insides look like. */
const insides =
  /node_modules|\.ts:\d|\bat .*\(|\bselect .* from\b|SqlError|PgClient|InternalError|\/work\/|SyntaxError|TypeError/i

/** The violations in the server's answers; empty: none. */
export const rpcFaults = ({ answer, close, texts }: Outcome): ReadonlyArray<string> => {
  if (answer?.status !== 101) return [`the handshake was answered with ${answer?.status}`]
  const found: Array<string> = []
  if (close !== undefined && close > 1011 && close !== 4500) found.push(`closed with ${close}`)
  for (const text of texts) {
    const said: unknown = JSON.parse(text)
    if (insides.test(text)) found.push(`shows its insides: ${text.slice(0, 300)}`)
    if (typeof said !== "object" || said === null || !("_tag" in said)) found.push(`says ${text.slice(0, 200)}`)
  }
  return found
}
