// When the server of a run of files is killed: right before one of its steps, or after some time.
import type { Random } from "../Random.ts"

export interface Kill {
  readonly step: string
  /** How often the step is reached; the last time it is not done. */
  readonly count: number
}

/** How often each step may be reached before the kill; with more, a round would often end before. */
const mostOf: Readonly<Record<string, number>> = {
  "open an upload": 12,
  "write of an upload": 30,
  "flush an upload": 12,
  "look for the same bytes": 12,
  "reserve the bytes": 8,
  "put the bytes": 8,
  "flush a directory": 8,
  "add the file": 12,
  "delete an upload": 12,
  "the answer to an upload": 12,
  "what follows the answer to an upload": 12,
  "hold the files of a message": 6,
  "commit a message": 5,
  "the answer to a message": 6,
  "what follows the answer to a message": 6,
  "commit a deletion": 2,
  "the answer to a deletion": 2,
  "what follows the answer to a deletion": 2,
  "delete a file": 3,
  "let released files expire": 1,
  "expire the files": 1,
  "doom the bytes": 1,
  "delete the bytes": 5,
  "forget the bytes": 1,
}

export const steps: ReadonlyArray<string> = Object.keys(mostOf)

/** Once an upload is answered it must be durable: the first kill, and some of the others. */
const answered = "what follows the answer to an upload"

/** Each step in turn, in random order, and now and then at any moment: milliseconds. */
export function* planOf(random: Random): Generator<Kill | number, never> {
  const kill = (step: string): Kill => ({ step, count: random.between(1, mostOf[step] ?? 1) })
  for (;;) {
    yield kill(answered)
    for (const step of random.shuffle(steps)) {
      if (random.chance(0.2)) yield random.between(20, 600)
      if (step !== answered) yield kill(step)
    }
  }
}
