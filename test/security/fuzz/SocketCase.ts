// One odd conversation on `/ws`: frames that fit a schema and are spoiled, or bytes that are no frames, or no handshake.
import { Schema } from "effect"
import { ClientFrames } from "../../../src/contract/ClientFrame.ts"
import { ServerFrames } from "../../../src/contract/ServerFrame.ts"
import type { Random } from "../../faults/Random.ts"
import { type Definitions, type JsonSchema, misfits } from "./JsonSchema.ts"
import { poison, sample, spoil } from "./Poison.ts"
import { frame, handshake, type Outcome, opcodes } from "./RawSocket.ts"
import type { World } from "./World.ts"

interface Sampled {
  readonly schema: JsonSchema
  readonly definitions: Definitions
}

export const jsonSchemaOf = (schema: Schema.Top): Sampled => {
  const document = Schema.toJsonSchemaDocument(schema)
  return { schema: document.schema as JsonSchema, definitions: document.definitions as Definitions }
}

const schemas = Object.values(ClientFrames).map(jsonSchemaOf)

/** JSON text of a client's frame, mostly spoiled. */
const frameText = (world: World, random: Random): string => {
  const { schema, definitions } = random.pick(schemas)
  const json = sample(schema, definitions, random, world.known(random))
  const cursors = json.replace(/"cursors":[^}]*\}?/, () =>
    random.pick([`"cursors":{"${world.chat_id}":0}`, `"cursors":{"__proto__":1,"x":2}`, `"cursors":${poison(random)}`]),
  )
  return random.chance(0.3) ? cursors : spoil(cursors, random)
}

const oddFrames = (text: string, random: Random): ReadonlyArray<Buffer> => {
  const { binary, close, continuation, ping, pong, text: asText } = opcodes
  const whole = frame(asText, text)
  const half = Math.floor(text.length / 2)
  return random.pick([
    () => [frame(asText, text, { masked: false })],
    () => [frame(asText, text, { rsv: random.between(1, 7) })],
    () => [frame(random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), text)],
    () => [whole.subarray(0, random.between(1, whole.length - 1))],
    () => [frame(binary, text), frame(binary, Buffer.alloc(1_000))],
    () => [frame(asText, text.slice(0, half), { fin: false }), frame(ping, "x"), frame(continuation, text.slice(half))],
    () => [frame(asText, text.slice(0, half), { fin: false }), whole],
    () => [frame(continuation, text)],
    () => [frame(ping, "x".repeat(126))],
    () => [frame(pong, "x", { fin: false })],
    () => [frame(close, Buffer.from([0x03]))],
    () => [frame(close, Buffer.from([0x03, 0xed, 0xff, 0xfe]))],
    () => [frame(close, Buffer.from([0x00, random.between(0, 255)]))],
    () => [frame(asText, Buffer.from([0x22, 0xff, 0xc0, 0x22]))],
    () => [frame(asText, Buffer.from([0xed, 0xa0, 0x80]))],
    () => [frame(asText, "x".repeat(65_537))],
    () => [frame(asText, `"${"x".repeat(65_534)}"`)],
    () => [frame(asText, text, { length: random.pick([2 ** 31, 2 ** 53, 70_000, text.length + 1]) })],
    () => [
      frame(asText, "", { fin: false }),
      ...Array.from({ length: 200 }, () => frame(continuation, "", { fin: false })),
    ],
    () => [frame(asText, "x".repeat(40_000), { fin: false }), frame(continuation, "x".repeat(40_000))],
    () => Array.from({ length: 12 }, () => frame(asText, "nonsense")),
    () => Array.from({ length: 300 }, (_, i) => frame(ping, String(i))),
    () => [Buffer.concat([whole, whole]), ...[...whole].map((byte) => Buffer.from([byte]))],
    () => [Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ])()
}

const oddHandshakes = (world: World, random: Random): Buffer => {
  const token = `?token=${world.ada.access_token}`
  const replaced = (what: string, by: string) => Buffer.from(handshake(`/ws${token}`).toString().replace(what, by))
  return random.pick([
    () => replaced("Version: 13", `Version: ${random.pick(["8", "0", "13.0", "", "99999"])}`),
    () => replaced("AAAAAAAAAAAAAAAAAAAAAA==", random.pick(["", "x", "A".repeat(100), "AAAAAAAAAAAAAAAAAAAAAAA="])),
    () => replaced("Upgrade: websocket", random.pick(["Upgrade: h2c", "Upgrade: WebSocket, x", "Upgrade:", "X: y"])),
    () => replaced("Connection: Upgrade", "Connection: close"),
    () => replaced("GET", random.pick(["POST", "HEAD", "OPTIONS", "DELETE"])),
    () =>
      handshake(
        `/ws/${random.pick(["0", "-1", "x", "1e3", "9".repeat(30), "%31", "1/2", "1;x", "%", "__proto__"])}${token}`,
      ),
    () => handshake(`/ws/987654321${token}`),
    () =>
      handshake(`/ws?token=${random.pick(["", "x", "%", "%ff", "%00", "a".repeat(9_000), "a&token=b", "..", "🙂"])}`),
    () => handshake("/ws", [`Authorization: ${random.pick(["Bearer", "Basic x", "Bearer x y", "\u00ff"])}`]),
    () =>
      handshake("/ws", [
        `Cookie: confab_access=${world.ada.access_token}`,
        `Origin: ${random.pick(["null", "https://evil.example", "x", "http://"])}`,
      ]),
    () => handshake("/ws", [`Cookie: confab_access=${world.ada.access_token}`]),
    () => handshake(`/rpc?token=${random.pick(["", "x", "%", "%ff"])}`),
    () => handshake(`/rpc${token}`, ["Sec-WebSocket-Key: x"]),
    () => handshake("/rpc/x"),
    () => handshake(`/wsx${token}`),
    () => handshake(`/chats${token}`),
  ])()
}

export interface SocketCase {
  readonly open: Buffer
  readonly parts: ReadonlyArray<Buffer>
  /** A description for the report. */
  readonly said: string
  /** Must the handshake be refused? */
  readonly refused: boolean
}

export const newSocketCase = (world: World, random: Random): SocketCase => {
  if (random.chance(0.25)) {
    const open = oddHandshakes(world, random)
    return { open, parts: [], refused: true, said: open.toString("latin1") }
  }
  const path = random.pick(["/ws", "/ws?resume=true", `/ws/${world.chat_id}`])
  const extensions = random.chance(0.3) ? ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] : []
  const open = handshake(path, [`Authorization: Bearer ${world.ada.access_token}`, ...extensions])
  const texts = Array.from({ length: random.between(1, 12) }, () => frameText(world, random))
  const parts = texts.map((text) => frame(opcodes.text, text))
  const odd = random.chance(0.5) ? oddFrames(frameText(world, random).toWellFormed(), random) : []
  const said = [path, ...texts, ...odd.slice(0, 4).map((bytes) => bytes.subarray(0, 40).toString("hex"))].join("\n")
  return { open, parts: [...parts, ...odd, frame(opcodes.close, Buffer.from([0x03, 0xe8]))], refused: false, said }
}

const serverFrames = new Map(Object.entries(ServerFrames).map(([type, schema]) => [type, jsonSchemaOf(schema)]))

/** What a server may close a socket with on account of what it was sent. */
const closes = new Set([1000, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 4500])

/** The violations in the server's answers; empty: none. */
export const socketFaults = (one: SocketCase, { answer, close, texts }: Outcome): ReadonlyArray<string> => {
  if (answer === undefined) return ["no answer to the handshake"]
  if (answer.status !== 101) {
    if (!one.refused) return [`refused with ${answer.status}: ${answer.text}`]
    if (!(answer.status >= 400 && answer.status < 500)) return [`refused with ${answer.status}: ${answer.text}`]
    const isProblem =
      /"_tag":"\w+"/.test(answer.text) && answer.headers.get("content-type") === "application/problem+json"
    return isProblem ? [] : [`refused with ${answer.status}, but by no problem: ${answer.text}`]
  }
  if (one.refused) return ["a wrong handshake was accepted"]
  const found: Array<string> = []
  if (close !== undefined && !closes.has(close)) found.push(`closed with ${close}`)
  for (const text of texts) {
    const said: unknown = JSON.parse(text)
    const type = typeof said === "object" && said !== null && "type" in said ? String(said.type) : ""
    const known = serverFrames.get(type)
    if (known === undefined) found.push(`says ${text.slice(0, 200)}`)
    else found.push(...misfits(known.schema, said, known.definitions).map((fault) => `${type} ${fault}`))
    if (/"code":"unavailable"/.test(text)) found.push(`a bug, by the look of it: ${text.slice(0, 200)}`)
  }
  return found
}
