// One line of a table.
export interface Row {
  readonly what: string
  readonly cells: ReadonlyArray<string>
}

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<Row>): string =>
  [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows.map(({ cells, what }) => [what, ...cells])]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n")
