// One signed-in connection: turns frames into readiness, acknowledgements and deliveries, and counts deliveries.
import { type Dialect, deliveredNumber, Kind } from "./Dialect.ts"
import { Wire } from "./Wire.ts"

export interface DeviceEvents {
  readonly ack?: (ref: number) => void
  readonly refused?: (ref: number) => void
  readonly delivered?: (number: number) => void
}

/** Frames of any kind that all devices have received. */
export const traffic = { frames: 0 }

export class Device {
  /** Messages delivered here. */
  delivered = 0
  /** Deliveries that came after a later message, or a second time. */
  disordered = 0
  /** Why the connection ended, unless this client closed it. */
  ended: string | undefined
  /** Resolves when the server reports that the set-up is complete. */
  readonly ready: Promise<void>
  #last = 0
  readonly #wire: Wire

  constructor(port: number, dialect: Dialect, token: string, events: DeviceEvents = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    const { path, headers } = dialect.upgrade(token)
    this.#wire = new Wire(port, path, headers, {
      frame: (buffer, start, end) => {
        traffic.frames++
        switch (dialect.kind(buffer, start, end)) {
          case Kind.Delivery: {
            const number = deliveredNumber(buffer, start, end)
            this.delivered++
            if (number > this.#last) this.#last = number
            else this.disordered++
            events.delivered?.(number)
            break
          }
          case Kind.Ack:
            events.ack?.(dialect.ref(buffer, start, end))
            break
          case Kind.Refusal:
            events.refused?.(dialect.ref(buffer, start, end))
            break
          case Kind.Ready:
            resolve()
            break
          case Kind.Ask:
            this.#wire.send(dialect.answer(buffer, start, token))
            break
        }
      },
      closed: (why) => {
        this.ended = why
        reject(new Error(why))
      },
    })
  }

  send(text: string): void {
    this.#wire.send(text)
  }
  flush(): void {
    this.#wire.flush()
  }
  close(): void {
    this.#wire.close()
  }
}
