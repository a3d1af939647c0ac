// One process that reads pictures, and its end: it is killed when a picture takes too long or too much memory.
import { type ChildProcess, fork } from "node:child_process"
import { readFileSync } from "node:fs"
import { constants, setPriority } from "node:os"
import { join } from "node:path"
import type { Picture, PictureAnswer, PictureBegun, PictureMissing, PictureOrder } from "./wire.ts"

/** For one picture, milliseconds. */
export interface PictureLimits {
  /** Of processor time; of time, where the system does not say what a process has used. */
  readonly work: number
  /** From the order to the answer: on a busy machine the process gets little processor time. */
  readonly wait: number
}
const usual: PictureLimits = { work: 15_000, wait: 60_000 }
/** Until it begins to read a picture, milliseconds: it may have to load sharp first. */
const startDeadline = 30_000
/** Resident, bytes: some five times what the largest picture takes. */
const mostMemory = 1_073_741_824
const memoryEvery = 100

/**
 * `missing`: the process cannot load sharp. `failed`: no readable picture. `ended`: the process ended while it read the
 * picture. `unread`: it ended before that. `late`: it did not read it in time, and had not worked too long.
 */
export type PictureOutcome = Picture | "missing" | "failed" | "ended" | "unread" | "late"

/** Resident memory in bytes; 0 where the system does not say. */
const memoryOf = (pid: number | undefined): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096
  } catch {
    return 0
  }
}

/** Linux counts processor time in hundredths of a second for programs. */
const tickMillis = 10

/** Processor time in milliseconds; undefined where the system does not say. */
const workOf = (pid: number | undefined): number | undefined => {
  try {
    const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")
    const [user, system] = fields.split(" ").slice(11, 13)
    return (Number(user) + Number(system)) * tickMillis
  } catch {
    return undefined
  }
}

export class PictureProcess {
  readonly #child: ChildProcess
  readonly #limits: PictureLimits
  #answered: (outcome: PictureOutcome) => void = () => {}
  #hasBegun = false
  /** Its processor time before the picture. */
  #workBefore = 0
  /** Pictures that it has read. */
  count = 0
  isAlive = true

  constructor(limits: PictureLimits = usual) {
    this.#limits = limits
    // Without the environment of the server, which has its secrets.
    this.#child = fork(join(import.meta.dirname, "worker.ts"), [], {
      execArgv: ["--max-old-space-size=64", "--no-warnings"],
      env: {},
      serialization: "json",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    })
    this.#child.on("error", () => this.end())
    this.#child.on("exit", () => {
      this.isAlive = false
    })
    // After its last message, which "exit" may precede.
    this.#child.on("close", () => this.end())
    this.#child.on("spawn", () => this.#giveWay())
    this.#child.on("message", (message: PictureAnswer | PictureBegun | PictureMissing) => {
      if (message === "missing") this.#answered("missing")
      else if ("begun" in message) {
        this.#hasBegun = true
        this.#workBefore = workOf(this.#child.pid) ?? 0
      } else this.#answered(message.picture ?? "failed")
    })
    this.#child.unref()
    this.#child.channel?.unref()
  }

  /** One at a time. */
  make(order: PictureOrder): Promise<PictureOutcome> {
    this.count++
    this.#hasBegun = false
    const begun = performance.now()
    return new Promise<PictureOutcome>((resolve) => {
      const watch = setInterval(() => {
        const waited = performance.now() - begun
        const { pid } = this.#child
        if (!this.#hasBegun) {
          if (waited > startDeadline) this.end()
          return
        }
        const work = workOf(pid)
        if ((work === undefined ? waited : work - this.#workBefore) > this.#limits.work || memoryOf(pid) > mostMemory)
          this.end()
        else if (waited > this.#limits.wait) this.#end("late")
      }, memoryEvery)
      this.#answered = (outcome) => {
        clearInterval(watch)
        this.#answered = () => {}
        resolve(outcome)
      }
      if (this.isAlive) this.#child.send(order)
      else this.#answered("unread")
    })
  }

  end(): void {
    this.#end(this.#hasBegun ? "ended" : "unread")
  }

  #end(outcome: PictureOutcome): void {
    this.isAlive = false
    this.#child.kill("SIGKILL")
    this.#answered(outcome)
  }

  /** What people write to each other comes first. */
  #giveWay(): void {
    try {
      if (this.#child.pid !== undefined) setPriority(this.#child.pid, constants.priority.PRIORITY_LOW)
    } catch {
      // Allowed nowhere but useful: not every system lets a process do this.
    }
  }
}
