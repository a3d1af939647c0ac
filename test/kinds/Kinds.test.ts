import { describe, expect, it } from "vitest"
import { kinds } from "../../src/kinds/Kinds.ts"

describe("the table of kinds", () => {
  it("names each by its own name", () => {
    for (const [name, kind] of Object.entries(kinds)) expect(kind.name).toBe(name)
  })

  it("shows in messages what pages are written for: reactions_json in SQL, reactionsOf in memory", () => {
    const shown = Object.values(kinds).filter(({ inMessage }) => inMessage)
    expect(shown.map(({ name }) => name)).toEqual(["reaction"])
  })
})
