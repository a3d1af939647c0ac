// A swipe over a message, by the finger's positions: towards the start of the line it answers. Pure; `useSwipe` moves the
// message.

export interface Point {
  readonly x: number
  readonly y: number
}

/** What the finger does: not known yet, scrolling or selecting (left to the browser), or swiping by so many pixels. */
export type Swipe =
  | { readonly kind: "open" }
  | { readonly kind: "other" }
  | { readonly kind: "swipe"; readonly by: number }

/** Less than this may be a tap. */
const slack = 12
/** From here on it answers. */
export const enough = 56
const most = 84

/** `towards`: -1 where one reads from left to right, 1 otherwise. The first direction that is clear decides. */
export const swiped = (before: Swipe, from: Point, to: Point, towards: -1 | 1): Swipe => {
  if (before.kind === "other") return before
  const along = (to.x - from.x) * towards
  const across = Math.abs(to.y - from.y)
  if (before.kind === "open") {
    if (Math.max(Math.abs(along), across) < slack) return before
    // A steep or backward movement is no swipe.
    if (along < slack || across > along / 2) return { kind: "other" }
  }
  return { kind: "swipe", by: Math.max(0, Math.min(most, along)) }
}

export const isAnswer = (swipe: Swipe): boolean => swipe.kind === "swipe" && swipe.by >= enough
