// One process that reads pictures, and its end: it is killed when a picture takes too long or too much memory.
import { type ChildProcess, fork } from "node:child_process"
import { readFileSync } from "node:fs"
import { constants, setPriority } from "node:os"
import { join } from "node:path"
import type { Picture, PictureAnswer, PictureBegun, PictureOrder, PictureReady } from "./wire.ts"

/** For one picture, milliseconds. */
const deadline = 15_000
const startDeadline = 30_000
/** Resident, bytes: some five times what the largest picture takes. */
const mostMemory = 1_073_741_824
const memoryEvery = 100

/**
 * `missing`: the process cannot load sharp. `failed`: no readable picture. `ended`: the process ended while it read the
 * picture. `unread`: it ended before that.
 */
export type PictureOutcome = Picture | "missing" | "failed" | "ended" | "unread"

/** Resident memory in bytes; 0 where the system does not say. */
const memoryOf = (pid: number | undefined): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096
  } catch {
    return 0
  }
}

export class PictureProcess {
  readonly #child: ChildProcess
  #answered: (outcome: PictureOutcome) => void = () => {}
  #isReady = false
  #hasBegun = false
  /** Pictures that it has read. */
  count = 0
  isAlive = true

  constructor() {
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
    this.#child.on("message", (message: PictureAnswer | PictureBegun | PictureReady) => {
      if (message === "ready") this.#isReady = true
      else if (message === "missing") this.#answered("missing")
      else if ("begun" in message) this.#hasBegun = true
      else this.#answered(message.picture ?? "failed")
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
        const limit = this.#isReady ? deadline : startDeadline
        if (performance.now() - begun > limit || memoryOf(this.#child.pid) > mostMemory) this.end()
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
    this.isAlive = false
    this.#child.kill("SIGKILL")
    this.#answered(this.#hasBegun ? "ended" : "unread")
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
