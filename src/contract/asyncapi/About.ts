// What the AsyncAPI document tells of a frame beyond its schema: words for people, and frames as they look on the wire.

/** The headings under which frames are listed. */
export type Tag =
  | "Messages"
  | "Reading"
  | "Presence"
  | "Chats and members"
  | "My own state"
  | "Catching up"
  | "Connection"

export interface About<Payload> {
  readonly title: string
  /** One plain sentence. */
  readonly summary: string
  /** What the sentence leaves open; Markdown. */
  readonly description: string
  readonly tag: Tag
  readonly examples: ReadonlyArray<{ readonly name: string; readonly payload: Payload }>
}
