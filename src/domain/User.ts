// Users: their public form (`User`), their own form (`Me`), and their settings.
import { Schema } from "effect"
import { UserId } from "./Ids.ts"
import { name } from "./Name.ts"
import { Text, text } from "./Text.ts"
import { Timestamp } from "./Timestamp.ts"

export const Username = Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_.-]{3,32}$/))
export const Email = Text.check(Schema.isMaxLength(254), Schema.isPattern(/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/))
export const DisplayName = name(64)
export const Password = text(8, 256)

export const User = Schema.Struct({
  id: UserId,
  username: Schema.String,
  display_name: Schema.String,
  created_at: Timestamp,
}).annotate({ identifier: "User" })
export type User = typeof User.Type

export const Me = Schema.Struct({ ...User.fields, email: Schema.String }).annotate({ identifier: "Me" })
export type Me = typeof Me.Type
