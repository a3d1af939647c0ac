// The messages between the benchmark and the load generator's process.
import type { Quantiles } from "./Histogram.ts"
import type { DialectName } from "./load/Dialect.ts"
import type { SeededChat } from "./World.ts"

/** Chats whose first member sends, with `window` messages under way at a time. */
export interface TalkWork {
  readonly kind: "talk"
  readonly chats: ReadonlyArray<SeededChat>
  readonly window: number
}

/** The same chats with messages at given rates a second, one rate after the other, whatever the server does. */
export interface RisingWork {
  readonly kind: "rising"
  readonly chats: ReadonlyArray<SeededChat>
  readonly rates: ReadonlyArray<number>
}

/** Sockets that connect, a number of them at a time, and then stay idle. */
export interface ConnectWork {
  readonly kind: "connect"
  readonly sockets: number
  readonly atATime: number
  /** What is measured: the speed of connecting, or the memory of the sockets. */
  readonly measure: "speed" | "memory"
}

export interface HistoryWork {
  readonly kind: "history"
  readonly chat: SeededChat
  readonly offsets: ReadonlyArray<number>
  readonly limit: number
  readonly connections: number
}

export type Work = TalkWork | RisingWork | ConnectWork | HistoryWork

export interface Job {
  readonly work: Work
  readonly port: number
  readonly pid: number
  /** More nodes of the same cluster: devices are spread over all of them. */
  readonly others?: ReadonlyArray<{ readonly port: number; readonly pid: number }>
  /** Processes that work for it without connections of their own: their CPU counts as well. */
  readonly silent?: ReadonlyArray<number>
  readonly dialect: DialectName
  readonly secret: string
  readonly label: string
  /** Seconds of warm-up, and of measurement. */
  readonly warmUp: number
  readonly seconds: number
}

/** Failures; all zero in a good run. */
export interface Faults {
  readonly acknowledged: number
  readonly refused: number
  readonly unacknowledged: number
  readonly undelivered: number
  readonly doubled: number
  readonly disordered: number
  readonly cut: number
}

export interface Measured {
  readonly seconds: number
  /** Seconds of CPU that the server's process used, all threads; undefined where the system does not report it. */
  readonly serverCpu: number | undefined
  /** The part of the time that the load generator was busy: near 1 it was the bottleneck, not the server. */
  readonly loadBusy: number
}

export interface TalkResult extends Measured {
  readonly acked: number
  readonly delivered: number
  readonly ack: Quantiles
  readonly last: Quantiles
}

export interface RisingStep extends TalkResult {
  readonly rate: number
  /** Whether the server kept up with the rate. */
  readonly kept: boolean
}

export interface ConnectResult extends Measured {
  readonly sockets: number
  /** Connect → `hello`. */
  readonly ready: Quantiles
}

export interface HistoryResult extends Measured {
  readonly offset: number
  readonly pages: number
  readonly page: Quantiles
}

export interface Report {
  readonly talk?: TalkResult
  readonly rising?: ReadonlyArray<RisingStep>
  readonly connect?: ConnectResult
  readonly history?: ReadonlyArray<HistoryResult>
  readonly faults?: Faults
}

/** Moments at which the parent may act; the load generator waits for its answer. */
export type Mark = "before" | "connected" | "measuring" | "measured"

export type FromLoad =
  | { readonly type: "mark"; readonly mark: Mark }
  | { readonly type: "done"; readonly report: Report }
  | { readonly type: "failed"; readonly reason: string }

export type ToLoad = { readonly type: "job"; readonly job: Job } | { readonly type: "go" }
