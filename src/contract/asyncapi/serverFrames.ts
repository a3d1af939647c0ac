// The texts about each frame that the server sends, for the AsyncAPI document.
import type { AboutServerFrames } from "./About.ts"
import { aboutAnswers } from "./answerFrames.ts"
import { aboutEvents } from "./eventFrames.ts"

export const aboutServerFrames: AboutServerFrames = { ...aboutAnswers, ...aboutEvents }
