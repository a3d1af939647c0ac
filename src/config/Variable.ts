// The kinds of environment variables: how each is parsed, and the problem of an invalid value. An empty or blank
// variable counts as unset.
import { isIPv6 } from "node:net"
import { Config, Effect, Redacted, Result } from "effect"
import type { InvalidSetting } from "./InvalidSettings.ts"
import { parsePostgresUrl } from "./PostgresUrl.ts"
import { readSecretFile } from "./secretFile.ts"

export type Variable<A> = Effect.Effect<A, InvalidSetting>

const logLevels = ["Trace", "Debug", "Info", "Warn", "Error", "None"] as const
export type LogLevel = (typeof logLevels)[number]

export const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)

/** The text as it was set; undefined when unset. */
const textOf = (name: string): Variable<string | undefined> =>
  Config.option(Config.String(name)).pipe(
    Effect.mapError((error): InvalidSetting => ({ variable: name, problem: `cannot be read: ${firstLine(error)}` })),
    Effect.map((option) => (option._tag === "Some" && option.value.trim() !== "" ? option.value.trim() : undefined)),
  )

type Parse<A> = (value: string | undefined, wrong: (problem: string) => Wrong) => A | Wrong

const parsed = <A>(value: string | undefined, parse: Parse<A>, wrong: (problem: string) => InvalidSetting) => {
  const result = parse(value, (problem) => new Wrong(problem))
  return result instanceof Wrong ? Effect.fail(wrong(result.problem)) : Effect.succeed(result)
}

/** `parse` returns the value, or `wrong` with what the variable must be. */
export const make = <A>(name: string, parse: Parse<A>): Variable<A> =>
  Effect.flatMap(textOf(name), (value) => parsed(value, parse, (problem) => ({ variable: name, problem })))

/** Like `make`, for secrets: instead of the value, `<name>_FILE` may name a file that contains it. */
export const makeSecret = <A>(name: string, parse: Parse<A>): Variable<A> =>
  Effect.gen(function* () {
    const variable = `${name}_FILE`
    const value = yield* textOf(name)
    const path = yield* textOf(variable)
    if (path === undefined) return yield* parsed(value, parse, (problem) => ({ variable: name, problem }))
    const wrong = (problem: string): InvalidSetting => ({ variable, problem })
    if (value !== undefined) return yield* Effect.fail(wrong(`and ${name} cannot be set both`))
    const file = readSecretFile(path)
    return "problem" in file
      ? yield* Effect.fail(wrong(file.problem))
      : yield* parsed(file.text, parse, (problem) => wrong(`names a file whose text ${problem}`))
  })

class Wrong {
  readonly problem: string
  constructor(problem: string) {
    this.problem = problem
  }
}

const firstLine = (error: { readonly message: string }): string => error.message.split("\n", 1)[0] ?? ""

export const string = (name: string, fallback: string): Variable<string> => make(name, (value) => value ?? fallback)

/** undefined when unset. */
export const optionalString = (name: string): Variable<string | undefined> => make(name, (value) => value)

export const wholeNumber = (
  name: string,
  range: { readonly minimum: number; readonly maximum: number; readonly fallback: number },
): Variable<number> =>
  make(name, (value, wrong) => {
    if (value === undefined) return range.fallback
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    return number >= range.minimum && number <= range.maximum
      ? number
      : wrong(`must be a whole number from ${range.minimum} to ${range.maximum}, but is ${shown(value)}`)
  })

/** A number; 0 means no limit. */
export const limit = (name: string, fallback: number): Variable<number> =>
  wholeNumber(name, { minimum: 0, maximum: 100_000, fallback })

export const onOff = (name: string, fallback: boolean): Variable<boolean> =>
  make(name, (value, wrong) => {
    if (value === undefined) return fallback
    if (/^(on|true|yes|1)$/i.test(value)) return true
    if (/^(off|false|no|0)$/i.test(value)) return false
    return wrong(`must be on or off, but is ${shown(value)}`)
  })

/** Ignores case; undefined when unset. */
export const choice = <const Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Array<Choice>],
): Variable<Choice | undefined> =>
  make(name, (value, wrong) => {
    if (value === undefined) return undefined
    return (
      choices.find((choice) => choice.toLowerCase() === value.toLowerCase()) ??
      wrong(`must be one of ${choices.join(", ")}, but is ${shown(value)}`)
    )
  })

/** Ignores case; the fallback is the first choice. */
export const oneOf = <const Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Array<Choice>],
  fallback: Choice = choices[0],
): Variable<Choice> => Effect.map(choice(name, choices), (chosen) => chosen ?? fallback)

export const logLevel = (name: string): Variable<LogLevel> => oneOf(name, logLevels, "Info")

/** undefined when unset. */
export const secret = (
  name: string,
  rule: { readonly minimumBytes: number },
): Variable<Redacted.Redacted | undefined> =>
  makeSecret(name, (value, wrong) => {
    if (value === undefined) return undefined
    const bytes = Buffer.byteLength(value)
    return bytes >= rule.minimumBytes
      ? Redacted.make(value)
      : wrong(`must have at least ${rule.minimumBytes} bytes, but has ${bytes}`)
  })

/** undefined when unset. */
export const postgresUrl = (name: string): Variable<Redacted.Redacted | undefined> =>
  makeSecret(name, (value, wrong) => {
    if (value === undefined) return undefined
    const url = parsePostgresUrl(value)
    return Result.isSuccess(url) ? Redacted.make(value) : wrong(url.failure)
  })

/** A schema of the database; undefined when unset. */
export const schema = (name: string): Variable<string | undefined> =>
  make(name, (value, wrong) => {
    if (value === undefined) return undefined
    return /^[a-z_][a-z0-9_]{0,62}$/.test(value) && !/^(?:pg_|information_schema$)/.test(value)
      ? value
      : wrong("must be the name of a schema: a-z, 0-9 and _, at most 63, not beginning with a digit or pg_")
  })

/** A comma-separated list; empty when unset. */
export const origins = (name: string): Variable<ReadonlyArray<string>> =>
  make(name, (value, wrong) => {
    const items = (value ?? "").split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]))
    const bad = items.find((item) => originOf(item) === undefined)
    return bad === undefined
      ? [...new Set(items.flatMap((item) => originOf(item) ?? []))]
      : wrong(`must be origins such as https://chat.example.org, separated by commas, but has ${shown(bad)}`)
  })

const originOf = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const web = url.protocol === "http:" || url.protocol === "https:"
  return web && url.href === `${url.origin}/` ? url.origin : undefined
}

/** Without a trailing slash; undefined when unset. Problems never quote the value: it may contain a password. */
export const httpUrl = (name: string, example = "http://collector:4318"): Variable<string | undefined> =>
  make(name, (value, wrong) => {
    if (value === undefined) return undefined
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
      return wrong(`must be an http or https URL without a query, such as ${example}`)
    }
    if (url.username !== "" || url.password !== "") return wrong("must have no user and password in it")
    return url.href.replace(/\/+$/, "")
  })

const parsePairs: Parse<Readonly<Record<string, string>>> = (value, wrong) => {
  const found: Record<string, string> = {}
  for (const item of (value ?? "").split(",").filter((part) => part.trim() !== "")) {
    const [, key, text] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(item) ?? []
    const [decodedKey, decodedText] = [decoded(key), decoded(text)]
    if (decodedKey === undefined || decodedText === undefined || /[\r\n\0]/.test(decodedKey + decodedText)) {
      return wrong("must be name=value pairs, percent-encoded and separated by commas")
    }
    found[decodedKey] = decodedText
  }
  return found
}

/** `name=value,name=value`, both percent-encoded, as OpenTelemetry writes headers and attributes; empty when unset. */
export const pairs = (name: string): Variable<Readonly<Record<string, string>>> => make(name, parsePairs)

/** Like `pairs`, for secret values. */
export const secretPairs = (name: string): Variable<Redacted.Redacted<Readonly<Record<string, string>>>> =>
  makeSecret(name, (value, wrong) => {
    const found = parsePairs(value, wrong)
    return found instanceof Wrong ? found : Redacted.make(found)
  })

const decoded = (text: string | undefined): string | undefined => {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** undefined when unset. Problems never quote the value: it may contain a password. */
export const redisUrl = (name: string): Variable<Redacted.Redacted | undefined> =>
  makeSecret(name, (value, wrong) => {
    if (value === undefined) return undefined
    return /^rediss?:\/\//.test(value) && URL.canParse(value)
      ? Redacted.make(value)
      : wrong("must be a Redis URL, such as redis://user:password@host:6379")
  })

/** A name or an address of this machine that other machines can reach; undefined when unset. */
export const reachableHost = (name: string): Variable<string | undefined> =>
  make(name, (value, wrong) => {
    if (value === undefined) return undefined
    const isName = /^[\w.-]+$/.test(value) && value !== "0.0.0.0"
    const isHost = isName || (isIPv6(value) && /[1-9a-f]/i.test(value))
    return isHost
      ? value
      : wrong(
          `must be an address of this machine that the other nodes can reach, such as 10.0.0.5, but is ${shown(value)}`,
        )
  })

/** undefined when unset; not 0, since other nodes must know it. */
export const knownPort = (name: string): Variable<number | undefined> =>
  make(name, (value, wrong) => {
    if (value === undefined) return undefined
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
    return port >= 1 && port <= 65_535 ? port : wrong(`must be a port from 1 to 65535, but is ${shown(value)}`)
  })

/** The name of a bucket of an S3 store; undefined when unset. */
export const bucket = (name: string): Variable<string | undefined> =>
  make(name, (value, wrong) =>
    value === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(value)
      ? value
      : wrong(`must be the name of a bucket: 3 to 63 letters, digits, dots and hyphens, but is ${shown(value)}`),
  )

/** `host:port`, or a host and the fallback; an IPv6 address with a port stands in brackets. undefined when unset. */
export const address = (name: string, port: number): Variable<Address | undefined> =>
  make(name, (value, wrong) => {
    if (value === undefined) return undefined
    const [, bracketed, plain, given] = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(value) ?? []
    const host = bracketed ?? plain
    const known = given === undefined ? port : Number(given)
    return host === undefined || known < 1 || known > 65_535
      ? wrong(`must be a host and a port, such as scanner:${port}, but is ${shown(value)}`)
      : { host, port: known }
  })

export interface Address {
  readonly host: string
  readonly port: number
}
