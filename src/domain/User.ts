// Users: their public form (`User`), their own form (`Me`), and their settings.
import { Equal, Schema } from "effect"
import { Custom, filled } from "./Custom.ts"
import { FileId } from "./File.ts"
import { UserId } from "./Ids.ts"
import { JsonValue } from "./Json.ts"
import { name, storedName } from "./Name.ts"
import { Text, text } from "./Text.ts"
import { Timestamp } from "./Timestamp.ts"

export const Username = Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_.-]{3,32}$/))
export const Email = Text.check(Schema.isMaxLength(254), Schema.isPattern(/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/))
export const DisplayName = name(64)
export const Password = text(8, 256)

/** What a user shows besides the names, as one value: absent fields are empty. */
const userInfoFields = {
  /** A photo: everybody who is signed in may see it. */
  avatar: Schema.optionalKey(FileId),
  custom: Schema.optionalKey(Schema.Record(Schema.String, JsonValue)),
}
export const UserInfo = Schema.Struct(userInfoFields)
export type UserInfo = typeof UserInfo.Type

export const User = Schema.Struct({
  id: UserId,
  username: Schema.String,
  display_name: Schema.String,
  created_at: Timestamp,
  ...userInfoFields,
}).annotate({ identifier: "User" })
export type User = typeof User.Type

/** An operator gives it by command. It gives no rights yet, here or in a chat. */
export const ServerRole = Schema.Literals(["admin"])
export type ServerRole = typeof ServerRole.Type

export const Me = Schema.Struct({
  ...User.fields,
  email: Schema.String,
  /** Absent: none. */
  server_role: Schema.optionalKey(ServerRole),
}).annotate({ identifier: "Me" })
export type Me = typeof Me.Type

/** A change of one's own profile; null removes a value. */
export const profilePatchFields = {
  display_name: Schema.optional(DisplayName),
  /** A photo of one's own. */
  avatar: Schema.optionalKey(Schema.NullOr(FileId)),
  custom: Schema.optionalKey(Schema.NullOr(Custom)),
}
export const ProfilePatch = Schema.Struct(profilePatchFields)
export type ProfilePatch = typeof ProfilePatch.Type

export interface Profile {
  readonly display_name: string
  readonly info: UserInfo
}

/** The profile after the change; undefined: nothing changes. */
export const patchedProfile = (before: User, patch: ProfilePatch): Profile | undefined => {
  const avatar = patch.avatar === undefined ? before.avatar : (patch.avatar ?? undefined)
  const custom = filled(patch.custom === undefined ? before.custom : patch.custom)
  const name = patch.display_name === undefined ? before.display_name : storedName(patch.display_name)
  if (name === before.display_name && avatar === before.avatar && Equal.equals(custom, before.custom)) return undefined
  const info = { ...(avatar === undefined ? {} : { avatar }), ...(custom === undefined ? {} : { custom }) }
  return { display_name: name, info }
}
