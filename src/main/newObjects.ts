// How V8 allocates what the server makes.
import { setFlagsFromString } from "node:v8"

/**
 * Allocates all new objects in the young generation. By default V8 learns, during start or under load, which allocation
 * sites make long-lived objects, and from then on allocates everything from these sites in the old generation: the
 * parts of every message are among them.
 */
export const disablePretenuring = (): void => setFlagsFromString("--no-allocation-site-pretenuring")
