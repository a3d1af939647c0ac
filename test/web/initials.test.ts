// The initials that stand for a user or a group without a picture.
import { expect, it } from "vitest"
import { initials } from "../../web/initials.ts"

it.each([
  ["Ann", "A"],
  ["ada lovelace king", "AL"],
  ["Pictures 📷", "P"],
  ["🦊 Foxy 🌈", "F"],
  ["«Команда» проекта", "КП"],
  ["山田 雪子", "山雪"],
  ["2026 plans", "2P"],
  ["🌈 🦊", "🌈"],
  ["…", "?"],
])("of %s are %s", (name, expected) => {
  expect(initials(name)).toBe(expected)
})
