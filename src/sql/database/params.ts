// Array parameters with an explicit type, so that a statement is prepared once for all values, also for an empty array.
// Ids and counters are sent as float8, which represents every id exactly and needs no BigInt; the statement casts them.
import { PgTypes } from "@effect/sql-pg"
import { Result } from "effect"

const arrayOf =
  (elementOid: number) =>
  (values: ReadonlyArray<unknown>): PgTypes.Parameter =>
    Result.getOrThrow(PgTypes.array(values, elementOid))

/** For `float8[]`. */
export const numbers: (values: ReadonlyArray<number | null>) => PgTypes.Parameter = arrayOf(PgTypes.OID.float8)

/** For `text[]`. */
export const texts: (values: ReadonlyArray<string | null>) => PgTypes.Parameter = arrayOf(PgTypes.OID.text)

/** For `boolean[]`. */
export const booleans: (values: ReadonlyArray<boolean>) => PgTypes.Parameter = arrayOf(PgTypes.OID.bool)

/** For `timestamptz[]`, from epoch milliseconds. */
export const instants: (values: ReadonlyArray<number | null>) => PgTypes.Parameter = arrayOf(PgTypes.OID.timestamptz)

/** A `timestamptz`, from epoch milliseconds. */
export const instant: (millis: number) => PgTypes.Parameter = PgTypes.timestamptz

export const instantOrNull: (millis: number | null) => PgTypes.Parameter = PgTypes.timestamptz

/** A number that may be an id: always float8, so that the statement is prepared once. */
export const number: (value: number) => PgTypes.Parameter = PgTypes.float8

export const numberOrNull: (value: number | null) => PgTypes.Parameter = PgTypes.float8

/** A text with an explicit type. */
export const text: (value: string | null) => PgTypes.Parameter = PgTypes.text
