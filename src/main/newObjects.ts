// How V8 allocates what the server makes, and when it collects it.
import { setFlagsFromString } from "node:v8"

/**
 * Allocates all new objects in the young generation. By default V8 learns, during start or under load, which allocation
 * sites make long-lived objects, and from then on allocates everything from these sites in the old generation: the
 * parts of every message are among them.
 */
export const disablePretenuring = (): void => setFlagsFromString("--no-allocation-site-pretenuring")

/** The first major version of V8 that knows both flags, in Node 26; an older one would write an error. */
const countsBuffers = 14

/**
 * Collects buffers with the young generation. By default V8 marks the whole heap, some 40 ms each time, whenever 32 MiB of
 * buffers have come since the last time: four times for each file of 100 MiB. With these flags buffers count like objects:
 * young ones are collected in about 1 ms, and the heap is marked when objects and buffers together have grown by a fiftieth.
 * To be called once the server has started: the embedded database makes 300 MiB of garbage at its start, which is better
 * collected at once.
 */
export const countBuffersAsHeap = (): void => {
  if (Number.parseInt(process.versions.v8, 10) < countsBuffers) return
  setFlagsFromString("--external-memory-max-growing-factor=1.02")
  setFlagsFromString("--external-memory-accounted-in-global-limit")
}
