// The command line's options.
import { parseArgs } from "node:util"
import { kinds } from "./Kind.ts"

export interface Options {
  readonly name: string
  readonly quick: boolean
  /** Names of works, or their prefixes; empty: all. */
  readonly only: ReadonlyArray<string>
  readonly servers: ReadonlyArray<string>
  readonly seconds: number
  readonly warmUp: number
  /** How often every work is measured; the report has the median. */
  readonly rounds: number
  readonly archiveRows: number
  readonly profile: boolean
}

const help = `npm run bench -- [options]

  --quick              shorter, and less of it: about four minutes
  --only <work,…>      latency, rising, throughput, fanout, memory, connect, history, startup
  --server <name,…>    ${kinds.map(({ name }) => name).join(", ")}
  --seconds <n>        of each measurement (5; with --quick 1.5)
  --rounds <n>         measures all so often and reports medians (1)
  --archive <rows>     messages in the chat whose history is read (100000; the deep page is at nine tenths of it)
  --name <name>        of the files in bench/results (latest)
  --profile            writes a CPU profile of each server and work beside the results

BENCH_DATABASE_URL: a PostgreSQL to use, where databases may be made; otherwise one from npm is started.`

const list = (text: string | undefined): ReadonlyArray<string> =>
  (text ?? "").split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]))

const positive = (name: string, text: string | undefined, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text)
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0`)
  return value
}

/** undefined: only the help was requested, and printed. */
export const readOptions = (args: ReadonlyArray<string>): Options | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean" },
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      server: { type: "string" },
      seconds: { type: "string" },
      rounds: { type: "string" },
      archive: { type: "string" },
      name: { type: "string", default: "latest" },
      profile: { type: "boolean", default: false },
    },
  })
  if (values.help) {
    console.log(help)
    return undefined
  }
  const servers = list(values.server)
  const unknown = servers.find((name) => !kinds.some((kind) => kind.name === name))
  if (unknown !== undefined)
    throw new Error(`there is no server ${unknown}: ${kinds.map(({ name }) => name).join(", ")}`)
  if (!/^[\w.-]+$/.test(values.name)) throw new Error("--name must be a file's name")
  return {
    name: values.name,
    quick: values.quick,
    only: list(values.only),
    servers: servers.length === 0 ? kinds.map(({ name }) => name) : servers,
    seconds: positive("seconds", values.seconds, values.quick ? 1.5 : 5),
    warmUp: values.quick ? 1 : 5,
    rounds: Math.round(positive("rounds", values.rounds, 1)),
    archiveRows: positive("archive", values.archive, 100_000),
    profile: values.profile,
  }
}
