// The summary: each work's main figure, the servers that it compares, and Confab's aim.
import type { Outcome } from "./Outcome.ts"
import { median } from "./Outcome.ts"

export interface Aim {
  readonly title: string
  readonly unit: string
  readonly digits: number
  /** The aim for Confab's figure divided by the ceiling's: an upper or a lower bound. */
  readonly atMost?: number
  readonly atLeast?: number
  readonly value: (of: Outcomes) => number | undefined
}

/** Everything that was measured on one server. */
export class Outcomes {
  readonly all: ReadonlyArray<Outcome>
  constructor(all: ReadonlyArray<Outcome>) {
    this.all = all
  }
  of(work: string): ReadonlyArray<Outcome> {
    return this.all.filter((outcome) => outcome.work === work && outcome.error === undefined)
  }
  /** The median over the rounds. */
  median(work: string, pick: (outcome: Outcome) => number | undefined): number | undefined {
    return median(this.of(work).flatMap((outcome) => pick(outcome) ?? []))
  }
}

const perMessage = (of: Outcomes, work: string): number | undefined =>
  of.median(work, ({ report }) =>
    report?.talk?.serverCpu === undefined ? undefined : (1e6 * report.talk.serverCpu) / report.talk.acked,
  )

/** A message of `throughput` costs itself and 2 deliveries, one of `fanout-200` itself and 200. */
const perDelivery = (of: Outcomes): number | undefined => {
  const two = perMessage(of, "throughput")
  const many = perMessage(of, "fanout-200")
  return two === undefined || many === undefined ? undefined : (many - two) / 198
}

const messageAlone = (of: Outcomes): number | undefined => {
  const two = perMessage(of, "throughput")
  const delivery = perDelivery(of)
  return two === undefined || delivery === undefined ? undefined : two - 2 * delivery
}

const talk = (title: string, work: string, bound: number): ReadonlyArray<Aim> => [
  {
    title: `${title}: deliveries/s`,
    unit: "/s",
    digits: 0,
    atLeast: bound,
    value: (of) => of.median(work, ({ report }) => report?.talk && report.talk.delivered / report.talk.seconds),
  },
  {
    title: `${title}: p99 of send → last delivery`,
    unit: "ms",
    digits: 2,
    atMost: 2,
    value: (of) => of.median(work, ({ report }) => report?.talk?.last.p99),
  },
]

const pages = (which: 0 | 1, offset: string): Aim => ({
  title: `history page of 50, offset ${offset}: pages/s`,
  unit: "/s",
  digits: 0,
  atLeast: 0.9,
  value: (of) =>
    of.median("history", ({ report }) => {
      const result = report?.history?.[which]
      return result && result.pages / result.seconds
    }),
})

export const aims = (archiveRows: number): ReadonlyArray<Aim> => [
  {
    title: "send → acknowledgement, one sender: p50",
    unit: "ms",
    digits: 2,
    atMost: 1.15,
    value: (of) => of.median("latency", ({ report }) => report?.talk?.ack.p50),
  },
  {
    title: "50 chats of two, window 8: acknowledged/s",
    unit: "/s",
    digits: 0,
    atLeast: 0.6,
    value: (of) => of.median("throughput", ({ report }) => report?.talk && report.talk.acked / report.talk.seconds),
  },
  {
    title: "50 chats of two, window 8: p99 of send → acknowledgement",
    unit: "ms",
    digits: 2,
    atMost: 2,
    value: (of) => of.median("throughput", ({ report }) => report?.talk?.ack.p99),
  },
  ...talk("one chat of 200 sockets, window 8", "fanout-200", 0.85),
  {
    title: "memory of an idle, signed-in socket",
    unit: "KiB",
    digits: 1,
    atMost: 1.5,
    value: (of) => of.median("memory", ({ memory }) => memory && memory.rss / 1024),
  },
  {
    title: "connecting, signed in, `hello` received: sockets/s",
    unit: "/s",
    digits: 0,
    atLeast: 0.6,
    value: (of) =>
      of.median("connect", ({ report }) => report?.connect && report.connect.sockets / report.connect.seconds),
  },
  pages(0, "0"),
  pages(1, `${Math.floor(archiveRows * 0.9).toLocaleString("en")} of ${archiveRows.toLocaleString("en")}`),
  { title: "CPU of the server: a message", unit: "µs", digits: 1, value: messageAlone },
  { title: "CPU of the server: a delivery", unit: "µs", digits: 2, value: perDelivery },
  {
    title: "start of the process until ready",
    unit: "ms",
    digits: 0,
    value: (of) => median(of.of("startup").flatMap(({ startUps }) => startUps)),
  },
]
