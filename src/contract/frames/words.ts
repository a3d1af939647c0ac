// The texts of a frame in the AsyncAPI document, as an annotation of its schema, with examples that must fit it.
import { Schema } from "effect"

/** The headings of the list of frames. */
export type Tag =
  | "Messages"
  | "Reading"
  | "Presence"
  | "Chats and members"
  | "My own state"
  | "Catching up"
  | "Connection"

interface Example<Payload> {
  readonly name: string
  readonly payload: Payload
}

/** The names of a part's fields, or of the fields of its items. */
type FieldsOf<Part> =
  Part extends ReadonlyArray<infer Item>
    ? Item extends object
      ? keyof Item
      : never
    : Part extends object
      ? keyof Part
      : never

export interface ServerWords<Payload = object> {
  readonly title: string
  /** One plain sentence. */
  readonly summary: string
  /** Details besides the summary; Markdown. */
  readonly description: string
  /** About its fields and those of its parts, where they mean something else here than elsewhere (asyncapi/fields.ts). */
  readonly fields?: { readonly [Field in (keyof Payload | FieldsOf<Payload[keyof Payload]>) & string]?: string }
  readonly tag: Tag
  readonly examples: ReadonlyArray<Example<Payload>>
}

export interface ClientWords<Payload = object> extends ServerWords<Payload> {
  /** The id of the operation; verb first, since generators use it as a function name. */
  readonly operation: string
  /** The types of the frames that answer it. */
  readonly answers: ReadonlyArray<"ack" | "error" | "pong" | "synced">
  /** On `/ws/{chat_id}`: the fields that may be absent there, and an example without them. */
  readonly inChat?: {
    readonly optional: ReadonlyArray<keyof Payload & string>
    readonly example: Example<Partial<Payload>>
  }
}

/** About the `ref` of an answer. */
export const answeredRef = "That of the frame that this answers, if it had one."

const key = "confab/words"

/** About a frame of the server. */
export const serverWords = <S extends Schema.Top>(frame: S, words: ServerWords<S["Encoded"]>): S["Rebuild"] =>
  frame.annotate({ [key]: words })

/** About a frame of a client. */
export const clientWords = <S extends Schema.Top>(frame: S, words: ClientWords<S["Encoded"]>): S["Rebuild"] =>
  frame.annotate({ [key]: words })

const wordsOf = (frame: Schema.Top) => {
  const words = Schema.resolveAnnotations(frame)?.[key]
  if (words === undefined) throw new Error("a frame without words: see frames/words.ts")
  return words
}
export const serverWordsOf = (frame: Schema.Top) => wordsOf(frame) as ServerWords
export const clientWordsOf = (frame: Schema.Top) => wordsOf(frame) as ClientWords
