// The information on a group besides its name, set by owner and admins, as one value: absent fields are empty.
import { Equal, Schema } from "effect"
import { Custom, filled } from "./Custom.ts"
import { FileId } from "./File.ts"
import { JsonValue } from "./Json.ts"
import { name, storedName } from "./Name.ts"

export const ChatName = name(128)
export const ChatDescription = name(512)

export const infoFields = {
  description: Schema.optionalKey(Schema.String),
  /** A photo: everybody who is signed in may see it. */
  avatar: Schema.optionalKey(FileId),
  custom: Schema.optionalKey(Schema.Record(Schema.String, JsonValue)),
}
export const ChatInfo = Schema.Struct(infoFields)
export type ChatInfo = typeof ChatInfo.Type

/** A change; null removes a value. */
const infoPatchFields = {
  name: Schema.optionalKey(ChatName),
  description: Schema.optionalKey(Schema.NullOr(ChatDescription)),
  /** A photo of the caller. */
  avatar: Schema.optionalKey(Schema.NullOr(FileId)),
  custom: Schema.optionalKey(Schema.NullOr(Custom)),
}
export const InfoPatch = Schema.Struct(infoPatchFields)
export type InfoPatch = typeof InfoPatch.Type

export interface NamedInfo {
  readonly name: string | null
  readonly info: ChatInfo
}

/** `undefined`: unchanged; null: removed. */
const changed = <A>(before: A | undefined, to: A | null | undefined): A | undefined =>
  to === undefined ? before : (to ?? undefined)

/** The value after the change; undefined: nothing changes. */
export const patched = (before: NamedInfo, patch: InfoPatch): NamedInfo | undefined => {
  const description = changed(before.info.description, patch.description)
  const avatar = changed(before.info.avatar, patch.avatar)
  const custom = filled(changed(before.info.custom, patch.custom))
  const after: NamedInfo = {
    name: patch.name === undefined ? before.name : storedName(patch.name),
    info: {
      ...(description === undefined ? {} : { description: storedName(description) }),
      ...(avatar === undefined ? {} : { avatar }),
      ...(custom === undefined ? {} : { custom }),
    },
  }
  return Equal.equals(before, after) ? undefined : after
}
