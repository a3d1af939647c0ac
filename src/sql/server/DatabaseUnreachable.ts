// Why a server's database cannot be used, in PostgreSQL's own words, and how to correct it.
import { Schema } from "effect"
import type { SqlError } from "effect/sql"
import type { PostgresUrl } from "../../config/PostgresUrl.ts"
import { isAway, sqlState, wordsOf } from "../database/unavailable.ts"

/** PostgreSQL did not answer at start, refused the connection, or does not meet the requirements. */
export class DatabaseUnreachable extends Schema.TaggedError<DatabaseUnreachable>()("DatabaseUnreachable", {
  reason: Schema.String,
  cause: Schema.optional(Schema.Defect()),
}) {
  override get message(): string {
    return `The database in DATABASE_URL cannot be used: ${this.reason}`
  }
}

const codeOf = ({ reason: { cause } }: SqlError.SqlError): string =>
  sqlState(cause instanceof AggregateError ? cause.errors[0] : cause)

const untrusted = /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET)_\w+)$/
const wrongName = "ERR_TLS_CERT_ALTNAME_INVALID"
const noTls = "The server does not support TLS"

/** Whether waiting may help, unlike with a wrong password. */
export const mayCome = (error: SqlError.SqlError): boolean => {
  const code = codeOf(error)
  const isRefused = error.reason._tag === "AuthenticationError" || code === "08P01" || wordsOf(error) === noTls
  return isAway(error) && !isRefused && code !== wrongName && !untrusted.test(code)
}

const wayOutByWords = (words: string): string | undefined => {
  if (words === noTls) return "sslmode=disable does without it"
  return /startup parameter/.test(words)
    ? "PgBouncer must have what Confab sets in ignore_startup_parameters, and the role must have it set: docs/operations.md says how"
    : undefined
}

const wayOut = (error: SqlError.SqlError, { database, username }: PostgresUrl): string | undefined => {
  const code = codeOf(error)
  const user = username ?? "its user"
  switch (code) {
    case "28P01":
    case "28000":
      return "DATABASE_URL must have the user and password that the server knows, and pg_hba.conf must let this host in"
    case "3D000":
      return `make it: create database "${database}" encoding 'UTF8' template template0`
    case "3F000":
    case "42501":
      return `let ${user} own the database, or: grant create, usage on schema public to ${user}; or set DATABASE_SCHEMA to a schema that ${user} owns`
    case "53300":
      return "lower DATABASE_CONNECTIONS on every node, or raise the server's max_connections"
    case "ECONNREFUSED":
    case "ENOENT":
    case "ETIMEDOUT":
      return "is PostgreSQL running there, and does DATABASE_URL have its host and port?"
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "does DATABASE_URL have the right host?"
    case wrongName:
      return "DATABASE_URL must have the host's name as the certificate has it"
    default:
      if (untrusted.test(code)) return "make the certificate's authority known by NODE_EXTRA_CA_CERTS"
      return wayOutByWords(wordsOf(error))
  }
}

export const unreachable = (error: SqlError.SqlError, url: PostgresUrl): DatabaseUnreachable => {
  const hint = wayOut(error, url)
  return new DatabaseUnreachable({
    reason: hint === undefined ? wordsOf(error) : `${wordsOf(error)} (${hint})`,
    cause: error,
  })
}
