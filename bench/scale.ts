// Computes what an installation of a given size needs, from measured figures (docs/scale.md has the source of each),
// and simulates the reconnections after a node dies. `node bench/scale.ts` prints both as Markdown; the seed is fixed.

/** Measured on one core of a machine that is described with the results. */
const measured = {
  /** Bytes of the process for an idle, signed-in socket. */
  socketBytes: 5.3 * 1024,
  connectsPerSecond: 1_760,
  /** µs of a node's CPU. */
  message: 16.2,
  delivery: 1.39,
  deliveryInCrowd: 1.1,
  publish: 12,
  heard: 30,
  heardPresence: 2,
  /**
   * A command for another node that is sent alone, both nodes together, by `bench/cluster.ts` on a busy machine: an
   * upper bound.
   */
  remoteAlone: 1_480,
  /** µs of PostgreSQL's CPU, in a statement of its own. */
  postgresMessage: 260,
} as const

const random = (seed: number) => () => {
  // mulberry32
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const whole = (value: number): string => Math.round(value).toLocaleString("en")
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows
    .flatMap((row, index) => [row, ...(index === 0 ? [row.map((_, cell) => (cell === 0 ? "---" : "---:"))] : [])])
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n")

interface Town {
  readonly devices: number
  /** Devices of a node. */
  readonly perNode: number
  /** Messages that a device sends in an hour, and devices that receive each. */
  readonly messagesPerHour: number
  readonly audience: number
  /** How often a device connects or disconnects in an hour. */
  readonly changesPerHour: number
}

/** Cores of nodes: each uses one thread. */
const asks = ({ audience, changesPerHour, devices, messagesPerHour, perNode }: Town) => {
  const nodes = Math.ceil(devices / perNode)
  const messages = (devices * messagesPerHour) / 3600
  const changes = (devices * changesPerHour) / 3600
  // Without routing by chat, the audience is on as many nodes as possible, and the actor on one of them at random.
  const listening = nodes * (1 - (1 - 1 / nodes) ** audience)
  const remote = 1 - 1 / nodes
  const perNodeMicros =
    (messages *
      (measured.message +
        audience * measured.delivery +
        remote * measured.remoteAlone +
        measured.publish +
        listening * measured.heard)) /
      nodes +
    // Every node receives every change.
    changes * measured.heardPresence +
    ((changes / 2) * 1e6) / measured.connectsPerSecond / nodes
  return {
    nodes,
    messages,
    changes,
    memory: (perNode * measured.socketBytes) / 2 ** 20,
    deliveries: (messages * audience) / nodes,
    redisIn: messages + changes,
    redisOut: messages * listening + changes * nodes,
    postgres: (messages * measured.postgresMessage) / 1e6,
    busy: perNodeMicros / 1e6,
  }
}

const towns: ReadonlyArray<Town> = [
  { devices: 10_000, perNode: 10_000, messagesPerHour: 20, audience: 10, changesPerHour: 4 },
  { devices: 100_000, perNode: 25_000, messagesPerHour: 20, audience: 10, changesPerHour: 4 },
  { devices: 1_000_000, perNode: 50_000, messagesPerHour: 20, audience: 10, changesPerHour: 4 },
  { devices: 1_000_000, perNode: 50_000, messagesPerHour: 20, audience: 100, changesPerHour: 4 },
  { devices: 1_000_000, perNode: 50_000, messagesPerHour: 100, audience: 10, changesPerHour: 20 },
]

const sizes = (): string => {
  const all = towns.map((town) => ({ town, ...asks(town) }))
  const line = (what: string, of: (one: (typeof all)[number]) => string) => [what, ...all.map(of)]
  return table([
    line("", ({ town }) => `${whole(town.devices)} devices`),
    line("messages a device and hour; heard by; comes or goes an hour", ({ town }) =>
      [town.messagesPerHour, town.audience, town.changesPerHour].join("; "),
    ),
    line("nodes", ({ nodes }) => whole(nodes)),
    line("MiB of a node for idle sockets", ({ memory }) => whole(memory)),
    line("messages/s, all", ({ messages }) => whole(messages)),
    line("deliveries/s of a node", ({ deliveries }) => whole(deliveries)),
    line("Redis: published/s", ({ redisIn }) => whole(redisIn)),
    line("Redis: handed out/s", ({ redisOut }) => whole(redisOut)),
    line("presence heard by each node/s", ({ changes }) => whole(changes)),
    line("PostgreSQL: cores for messages, if each is committed alone", ({ postgres }) => postgres.toFixed(2)),
    line("core of a node busy", ({ busy }) => `${Math.round(100 * busy)} %`),
  ])
}

/** One chat: all members are online, spread over the nodes, and listen. */
const crowds = (): string =>
  table([
    ["members of one chat", "nodes", "busy per message and node, ms", "messages/s at half a core"],
    ...[5_000, 20_000, 100_000].flatMap((members) =>
      [1, 4, 20].map((nodes) => {
        const millis = (measured.heard + (members / nodes) * measured.deliveryInCrowd) / 1000
        return [whole(members), whole(nodes), millis.toFixed(1), (500 / millis).toFixed(0)]
      }),
    ),
  ])

/**
 * Seconds until 50, 99 and 100 % of the devices that lost their node have sent hello; `window` is the spread of their
 * first attempt in seconds.
 */
const storm = (lost: number, nodesLeft: number, window: number, seed: number) => {
  const next = random(seed)
  const arrivals = Array.from({ length: lost }, () => next() * window).sort((a, b) => a - b)
  const free = new Float64Array(nodesLeft)
  const done: Array<number> = []
  for (const at of arrivals) {
    const node = Math.floor(next() * nodesLeft)
    free[node] = Math.max(free[node]!, at) + 1 / measured.connectsPerSecond
    done.push(free[node]!)
  }
  done.sort((a, b) => a - b)
  return [0.5, 0.99, 1].map((part) => done[Math.ceil(part * lost) - 1]!)
}

const storms = (): string =>
  table([
    ["devices that come back", "nodes there", "first tries within", "half are back", "99 %", "all"],
    ...(
      [
        [10_000, 2, 0.25],
        [25_000, 3, 0.25],
        [50_000, 19, 0.25],
        [50_000, 19, 10],
        [1_000_000, 20, 10],
      ] as const
    ).map(([lost, left, window]) => [
      whole(lost),
      whole(left),
      `${window} s`,
      ...storm(lost, left, window, 7).map((seconds) => `${seconds.toFixed(1)} s`),
    ]),
  ])

console.log(`### Sizes\n\n${sizes()}\n\n### One chat\n\n${crowds()}\n\n### Everybody comes back\n\n${storms()}`)
