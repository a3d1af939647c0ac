// The cost of cluster mode in normal operation: one node compared with single mode, more nodes, and commands for
// another node.
import { WebSocket } from "ws"
import type { TalkWork } from "../Job.ts"
import { median } from "../Outcome.ts"
import type { Server } from "../Server.ts"
import { pair, type SeededChat } from "../World.ts"
import { connect } from "./connect.ts"
import type { Fleet, Run } from "./Fleet.ts"
import type { Row } from "./Row.ts"

const chats = Array.from({ length: 50 }, (_, index) => pair(index + 1))
const crowd: TalkWork = { kind: "talk", chats, window: 8 }

const middle = (runs: ReadonlyArray<Run>, of: keyof Run): number => median(runs.map((run) => run[of])) ?? Number.NaN

const row = (what: string, runs: ReadonlyArray<Run>, base: number | undefined): Row => {
  const perSecond = middle(runs, "perSecond")
  return {
    what,
    cells: [
      `${Math.round(perSecond).toLocaleString("en")}${base === undefined ? "" : ` (${(perSecond / base).toFixed(2)} ×)`}`,
      `${middle(runs, "p50").toFixed(2)} / ${middle(runs, "p99").toFixed(2)}`,
      middle(runs, "cpu").toFixed(1),
    ],
  }
}

/** Single mode, then 1 to 3 nodes, in turn. */
export const price = async (fleet: Fleet, seconds: number, rounds: number): Promise<ReadonlyArray<Row>> => {
  const runs = new Map<number, Array<Run>>([0, 1, 2, 3].map((count) => [count, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [count, its] of runs) {
      const servers = count === 0 ? [await fleet.single()] : await fleet.nodes(count)
      its.push(await fleet.talk(servers, crowd, seconds))
      await Promise.all(servers.map((server) => server.stop()))
    }
  }
  const base = middle(runs.get(0) ?? [], "perSecond")
  return [...runs].map(([count, its]) =>
    row(
      count === 0 ? "single mode" : count === 1 ? "cluster mode, one node" : `${count} nodes on the same core`,
      its,
      count === 0 ? undefined : base,
    ),
  )
}

const committed = async (server: Server): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text()
  return Number(/^confab_commit_messages_sum(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1] ?? 0)
}

/** Sends a message in each chat, and checks whether this node committed it. */
const sort = async (fleet: Fleet, node: Server) => {
  const here: Array<SeededChat> = []
  const there: Array<SeededChat> = []
  for (const chat of chats) {
    const before = await committed(node)
    const socket = await connect(node, fleet.token(chat.first))
    await new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => JSON.parse(data.toString()).type === "ack" && resolve())
      socket.send(JSON.stringify({ type: "message", chat_id: chat.id, text: "whose is this?" }))
    })
    if (socket.readyState === WebSocket.OPEN) socket.close()
    ;((await committed(node)) > before ? here : there).push(chat)
  }
  return { here, there }
}

/** All clients are connected to one of two nodes: chats of this node, and chats of the other one. */
export const remote = async (fleet: Fleet, seconds: number, rounds: number): Promise<ReadonlyArray<Row>> => {
  const [near, far, ...none] = await fleet.nodes(2)
  if (near === undefined || far === undefined || none.length > 0) throw new Error("two nodes")
  const { here, there } = await sort(fleet, near)
  const many = Math.min(here.length, there.length, 20)
  if (many === 0) throw new Error("one node has all chats")
  // Not counted: both nodes are new and not yet compiled.
  await fleet.talk([near], crowd, seconds, [far])
  const rows: Array<Row> = []
  for (const [what, window, count] of [
    ["one chat, one message at a time", 1, 1],
    [`${many} chats, window 8`, 8, many],
  ] as const) {
    const [local, away]: [Array<Run>, Array<Run>] = [[], []]
    for (let round = 0; round < rounds; round++) {
      for (const [list, its] of [
        [here, local],
        [there, away],
      ] as const) {
        its.push(await fleet.talk([near], { kind: "talk", chats: list.slice(0, count), window }, seconds, [far]))
      }
    }
    rows.push(row(`${what}: on the node that has it`, local, undefined))
    rows.push(row(`${what}: on another node`, away, middle(local, "perSecond")))
  }
  await Promise.all([near.stop(), far.stop()])
  return rows
}
