// What owner and admins say about their group beside its name, as one value: absent where nothing is said.
import { Equal, Schema } from "effect"
import { Custom } from "./Custom.ts"
import { name, storedName } from "./Name.ts"

export const ChatName = name(128)
export const ChatDescription = name(512)

export const infoFields = {
  description: Schema.optionalKey(Schema.String),
  custom: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
}
export const ChatInfo = Schema.Struct(infoFields)
export type ChatInfo = typeof ChatInfo.Type

/** What is to be changed; null takes it away. */
export const infoPatchFields = {
  name: Schema.optionalKey(ChatName),
  description: Schema.optionalKey(Schema.NullOr(ChatDescription)),
  custom: Schema.optionalKey(Schema.NullOr(Custom)),
}
export const InfoPatch = Schema.Struct(infoPatchFields)
export type InfoPatch = typeof InfoPatch.Type

export interface NamedInfo {
  readonly name: string | null
  readonly info: ChatInfo
}

/** `undefined`: as it was; null: nothing. */
const changed = <A>(before: A | undefined, to: A | null | undefined): A | undefined =>
  to === undefined ? before : (to ?? undefined)

/** As it is after the change; undefined: nothing is another one. */
export const patched = (before: NamedInfo, patch: InfoPatch): NamedInfo | undefined => {
  const description = changed(before.info.description, patch.description)
  const custom = changed(before.info.custom, patch.custom)
  const after: NamedInfo = {
    name: patch.name === undefined ? before.name : storedName(patch.name),
    info: {
      ...(description === undefined ? {} : { description: storedName(description) }),
      ...(custom === undefined ? {} : { custom }),
    },
  }
  return Equal.equals(before, after) ? undefined : after
}
