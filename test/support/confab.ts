// The operator's command as a process of its own, as it is typed.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { compileCache, program } from "./program.ts"

const root = join(import.meta.dirname, "../..")
const cheapPasswords = join(import.meta.dirname, "cheapPasswords.ts")

export interface Run {
  readonly env?: Readonly<Record<string, string>>
  /** What is typed, or comes from a pipe. */
  readonly input?: string
  readonly cwd?: string
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** No settings but the given ones, and no file of them unless there is one in `cwd`. */
export const begin = (args: ReadonlyArray<string>, { cwd, env = {} }: Run = {}): ChildProcess =>
  spawn(process.execPath, ["--import", cheapPasswords, ...program("cli"), ...args], {
    cwd: cwd ?? root,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 150_000,
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: process.env.NODE_OPTIONS,
      NODE_COMPILE_CACHE: compileCache(),
      ...(cwd === undefined ? { ENV_FILE: "/dev/null" } : {}),
      ...env,
    },
  })

export const confab = async (args: ReadonlyArray<string>, options: Run = {}): Promise<Ended> => {
  const child = begin(args, options)
  let [stdout, stderr] = ["", ""]
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk))
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk))
  child.stdin?.end(options.input ?? "")
  await once(child, "close")
  return { code: child.exitCode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
}
