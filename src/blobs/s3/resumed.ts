// The bytes of an object as one stream, read no faster than they are taken. An answer that breaks off, ends early or
// stands still is continued by another one from the next byte on: an object never changes.
import type { IncomingMessage } from "node:http"
import { finished, Readable } from "node:stream"
import type { ByteRange } from "../shape.ts"
import { type S3Client, tries } from "./S3Client.ts"
import { failureOf, S3Failure } from "./S3Failure.ts"

interface Reading {
  readonly client: S3Client
  readonly name: string
  readonly range: ByteRange
  /** The answer to the request for that range. */
  readonly response: IncomingMessage
  readonly failed: (failure: S3Failure) => void
}

export const resumed = ({ client, failed, name, range, response }: Reading): Readable => {
  const taken = new AbortController()
  let current = response
  let at = range.first
  /** In a row, without a byte in between. */
  let failures = 0
  let timer: NodeJS.Timeout | undefined

  /** Silence counts only while the reader wants bytes: a slow reader does not make the store slow. */
  const expect = () => {
    clearTimeout(timer)
    timer = setTimeout(() => current.destroy(new S3Failure("TimedOut")), client.times.silence)
  }
  const stream = new Readable({
    read: () => {
      expect()
      current.resume()
    },
    destroy: (error, callback) => {
      clearTimeout(timer)
      taken.abort()
      current.destroy()
      callback(error)
    },
  })
  const giveUp = (failure: S3Failure) => {
    if (stream.destroyed) return
    failed(failure)
    stream.destroy(failure)
  }
  const goOn = (failure: S3Failure) => {
    if (stream.destroyed) return
    if (++failures >= tries) return giveUp(failure)
    client
      .send({ method: "GET", name, range: { first: at, last: range.last } }, taken.signal)
      .then(follow, (error: unknown) => giveUp(failureOf(error)))
  }
  const follow = (next: IncomingMessage) => {
    if (stream.destroyed) {
      next.destroy()
      return
    }
    if (next.statusCode !== 206) {
      next.destroy()
      giveUp(new S3Failure("NoRanges", next.statusCode))
      return
    }
    listen(next)
  }
  const listen = (next: IncomingMessage) => {
    current = next
    next.on("data", (chunk: Buffer) => {
      failures = 0
      at += chunk.length
      if (stream.push(chunk)) return expect()
      clearTimeout(timer)
      next.pause()
    })
    finished(next, { writable: false }, (error) => {
      clearTimeout(timer)
      if (at > range.last) stream.push(null)
      else goOn(error == null ? new S3Failure("ShortAnswer") : failureOf(error))
    })
  }
  listen(response)
  return stream
}
