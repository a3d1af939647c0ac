// Puts a statement together from parts and numbers its parameters. Each part names the rows that it reads; rows that several parts
// read are handed over once. The text does not depend on the values, so each statement is built and prepared once.
import type { PgTypes } from "@effect/sql-pg"
import { booleans, instants, numbers, texts } from "./params.ts"

type Value = number | string | boolean | null

const arrays = { float8: numbers, text: texts, boolean: booleans, timestamptz: instants } as const

export type Type = keyof typeof arrays

/** Rows as one array parameter a column. */
export interface Rows<Input> {
  readonly columns: ReadonlyArray<readonly [name: string, type: Type]>
  /** One a column. An array that is too short stands for nulls. */
  readonly params: (input: Input) => ReadonlyArray<PgTypes.Parameter>
}

/** One parameter. */
export interface Scalar<Input> {
  readonly type: Type
  readonly param: (input: Input) => PgTypes.Parameter
}

/** `columns`: of each, its type and its value; instants are epoch milliseconds. */
export const rowsOf = <Input, Item>(
  items: (input: Input) => ReadonlyArray<Item>,
  columns: Readonly<Record<string, readonly [type: Type, value: (item: Item) => Value]>>,
): Rows<Input> => {
  const each = Object.values(columns)
  return {
    columns: Object.entries(columns).map(([name, [type]]) => [name, type]),
    params: (input) => {
      const rows = items(input)
      return each.map(([type, value]) =>
        (arrays[type] as (values: ReadonlyArray<Value>) => PgTypes.Parameter)(rows.map(value)),
      )
    },
  }
}

/** How the text of a part refers to its parameters. */
export interface Parameters<Input> {
  /** The rows side by side, as a relation `name` for `from`; `place`: a further column that counts them. */
  table(name: string, rows: Rows<Input> | ReadonlyArray<Rows<Input>>, place?: string): string
  value(scalar: Scalar<Input>): string
}

export interface Statement<Input> {
  readonly text: string
  readonly params: (input: Input) => ReadonlyArray<PgTypes.Parameter>
}

export const statementOf = <Input>(write: (parameters: Parameters<Input>) => string): Statement<Input> => {
  const sources: Array<Rows<Input> | Scalar<Input>> = []
  const numbered = new Map<Rows<Input> | Scalar<Input>, number>()
  let count = 0
  const firstOf = (source: Rows<Input> | Scalar<Input>): number => {
    let first = numbered.get(source)
    if (first === undefined) {
      first = count + 1
      count += "columns" in source ? source.columns.length : 1
      numbered.set(source, first)
      sources.push(source)
    }
    return first
  }
  const text = write({
    table: (name, rows, place) => {
      const all = [rows].flat()
      const arrays = all.flatMap((one) => {
        const first = firstOf(one)
        return one.columns.map(([, type], i) => `$${first + i}::${type}[]`)
      })
      const names = all.flatMap(({ columns }) => columns.map(([column]) => column))
      return place === undefined
        ? `unnest(${arrays.join(", ")}) as ${name}(${names.join(", ")})`
        : `unnest(${arrays.join(", ")}) with ordinality as ${name}(${[...names, place].join(", ")})`
    },
    value: (scalar) => `$${firstOf(scalar)}::${scalar.type}`,
  })
  return {
    text,
    params: (input) => {
      const params: Array<PgTypes.Parameter> = []
      for (const source of sources) {
        if ("columns" in source) params.push(...source.params(input))
        else params.push(source.param(input))
      }
      return params
    },
  }
}
