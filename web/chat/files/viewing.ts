// What the viewer of pictures shows: one list at a time, over the page.
import { useSyncExternalStore } from "react"
import type { File } from "../../../src/domain/File.ts"

export interface Viewed {
  readonly file: File
  /** The message's place, to go there. */
  readonly seq: number | null
}

export interface Viewing {
  readonly items: ReadonlyArray<Viewed>
  readonly index: number
  /** Where the list has no way of its own, the conversation goes there. */
  readonly onGoTo?: (seq: number) => void
}

let viewing: Viewing | undefined
const listeners = new Set<() => void>()

export const view = (next: Viewing | undefined): void => {
  viewing = next
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useViewing = (): Viewing | undefined => useSyncExternalStore(subscribe, () => viewing)

const isVisual = ({ kind }: File): boolean => kind === "photo" || kind === "video"

/** All pictures and videos of these messages, beginning with the chosen one. */
export const viewAmong = (
  messages: ReadonlyArray<{ readonly seq: number; readonly attachments?: ReadonlyArray<File> }>,
  chosen: File,
): void => {
  const items = messages.flatMap(({ attachments = [], seq }) =>
    attachments.filter(isVisual).map((file) => ({ file, seq })),
  )
  const index = items.findIndex(({ file }) => file.id === chosen.id)
  view(index < 0 ? { items: [{ file: chosen, seq: null }], index: 0 } : { items, index })
}
