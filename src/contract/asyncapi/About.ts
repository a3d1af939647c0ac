// The texts about a frame in the AsyncAPI document, besides its schema, and examples of frames.
import type { ServerFrames } from "../ServerFrame.ts"

/** The headings of the list of frames. */
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
  /** Details besides the summary; Markdown. */
  readonly description: string
  readonly tag: Tag
  readonly examples: ReadonlyArray<{ readonly name: string; readonly payload: Payload }>
}

export type AboutServerFrames = {
  readonly [Type in keyof typeof ServerFrames]: About<(typeof ServerFrames)[Type]["Encoded"]>
}
