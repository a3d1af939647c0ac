// The names of what this server supports beyond the first contract: `hello.features`. Clients check these names instead
// of versions. Each kind of records adds its own.
import { recordFeatures } from "../kinds/Kinds.ts"

export const features: ReadonlyArray<string> = [
  ...recordFeatures,
  "custom",
  "threads",
  "forwards",
  "attachments",
  "avatars",
  "edits",
  "mentions",
  "state",
  "scheduled",
  "user_updated",
  "saved",
  "check",
  "blocks",
  "delivered",
]
