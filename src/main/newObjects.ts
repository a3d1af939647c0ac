// How V8 allocates what the server makes.
import { setFlagsFromString } from "node:v8"

/**
 * All new objects are young. Left to itself V8 notes while the server starts, or while much is under way, which lines of code make
 * what lives long, and puts all that these make into the old generation for ever after: the parts of every message among them.
 */
export const disablePretenuring = (): void => setFlagsFromString("--no-allocation-site-pretenuring")
