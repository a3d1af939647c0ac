// The names of what this server supports beyond the first contract: `hello.features`. Clients check these names instead
// of versions.
export const features = [
  "reactions",
  "pins",
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
] as const
