// The texts about each frame that the server sends, for the AsyncAPI document.
import type { ServerFrames } from "../ServerFrame.ts"
import type { About } from "./About.ts"
import { aboutAnswers } from "./answerFrames.ts"
import { aboutEvents } from "./eventFrames.ts"

export type AboutServerFrames = {
  readonly [Type in keyof typeof ServerFrames]: About<(typeof ServerFrames)[Type]["Encoded"]>
}

export const aboutServerFrames: AboutServerFrames = { ...aboutAnswers, ...aboutEvents }
