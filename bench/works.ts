// The works of the benchmark, in the order in which they run.
import type { Work } from "./Job.ts"
import type { Options } from "./Options.ts"
import { archive, crowds, pair } from "./World.ts"

export interface NamedWork {
  readonly name: string
  readonly title: string
  /** undefined: the server is only started and stopped. */
  readonly work: Work | undefined
  /** Whether it also runs on the embedded database. */
  readonly embedded: boolean
}

const chatsOfTwo = Array.from({ length: 50 }, (_, index) => pair(index + 1))

const all = (options: Options): ReadonlyArray<NamedWork> => {
  const storm = options.quick ? 1_000 : 2_000
  // Many, so that the memory that a process has to spare at its start does not hide their cost.
  const idle = options.quick ? 4_000 : 10_000
  const rates = options.quick
    ? [1_000, 5_000, 20_000, 40_000]
    : [500, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000, 24_000, 32_000, 40_000, 48_000, 56_000]
  return [
    {
      name: "latency",
      title: "one sender, one message at a time",
      work: { kind: "talk", chats: [pair(1)], window: 1 },
      embedded: true,
    },
    {
      name: "throughput",
      title: "50 chats of two, window 8",
      work: { kind: "talk", chats: chatsOfTwo, window: 8 },
      embedded: true,
    },
    ...(options.quick ? crowds.slice(0, 2) : crowds).map(
      (crowd): NamedWork => ({
        name: `fanout-${crowd.members}`,
        title: `one chat of ${crowd.members.toLocaleString("en")} sockets, window 8`,
        work: { kind: "talk", chats: [crowd], window: 8 },
        embedded: crowd.members === 200,
      }),
    ),
    {
      name: "rising",
      title: "50 chats of two, messages at a given rate",
      work: { kind: "rising", chats: chatsOfTwo, rates },
      embedded: false,
    },
    {
      name: "memory",
      title: `${idle.toLocaleString("en")} idle, signed-in sockets`,
      work: { kind: "connect", sockets: idle, atATime: 32, measure: "memory" },
      embedded: false,
    },
    {
      name: "connect",
      title: `${storm.toLocaleString("en")} sockets connect, 64 at a time`,
      work: { kind: "connect", sockets: storm, atATime: 64, measure: "speed" },
      embedded: false,
    },
    {
      name: "history",
      title: "pages of 50 over HTTP, 4 connections",
      work: {
        kind: "history",
        chat: archive,
        offsets: [0, Math.floor(options.archiveRows * 0.9)],
        limit: 50,
        connections: 4,
      },
      embedded: false,
    },
    { name: "startup", title: "start of the process", work: undefined, embedded: true },
  ]
}

export const worksOf = (options: Options): ReadonlyArray<NamedWork> => {
  const works = all(options)
  const wanted = works.filter(
    ({ name }) => options.only.length === 0 || options.only.some((start) => name.startsWith(start)),
  )
  if (wanted.length === 0) throw new Error(`no such work: ${works.map(({ name }) => name).join(", ")}`)
  return wanted
}
