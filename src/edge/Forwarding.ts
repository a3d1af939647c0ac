// Where a request came from, as far as it is known: from the connection, and from what the proxies in front say that the operator
// trusts. `Forwarded` (RFC 7239) is not read: proxies that write X-Forwarded-* let a client's own pass.
import { isIP, isIPv4, isIPv6 } from "node:net"
import type { TrustProxy } from "../config/TrustProxy.ts"

/** By names in lower case, as node:http and Effect have them; a header that came several times is joined by commas. */
export interface RequestHeaders {
  readonly [name: string]: string | ReadonlyArray<string> | undefined
}

export interface Forwarding {
  /** The client's: IPv4 in dots, IPv6 in the short form. `unknown` where the connection has none. */
  readonly address: string
  /** The client came by https. */
  readonly secure: boolean
  /** The host and port that the client asked; undefined when the request names none. */
  readonly host: string | undefined
}

const text = (headers: RequestHeaders, name: string): string | undefined => headers[name]?.toString()

const listOf = (headers: RequestHeaders, name: string): ReadonlyArray<string> =>
  text(headers, name)
    ?.split(",")
    .map((item) => item.trim()) ?? []

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Node writes IPv6 in the short form already; a link-local one with its zone. */
const ofPeer = (peer: string): string =>
  peer.startsWith("::ffff:") ? (mapped.exec(peer)?.[1] ?? peer) : peer.replace(/%.*$/, "")

const shortened = (ipv6: string): string => {
  const short = new URL(`http://[${ipv6}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? []
  if (high === undefined || low === undefined) return short
  const bits = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".")
}

/** An address as proxies write it: with a port, in brackets, with a zone, in quotes; undefined when it is none. */
const addressOf = (item: string): string | undefined => {
  const plain = /^"(.*)"$/.exec(item)?.[1] ?? item
  const bare = (/^\[([^\]]*)\](?::\d+)?$/.exec(plain)?.[1] ?? plain).split("%", 1)[0] ?? ""
  if (isIPv6(bare)) return shortened(bare)
  const ipv4 = /^([\d.]+)(?::\d+)?$/.exec(plain)?.[1] ?? ""
  return isIPv4(ipv4) ? ipv4 : undefined
}

const isTrusted = (trust: TrustProxy, hop: number, address: string): boolean => {
  switch (trust._tag) {
    case "Off":
      return false
    case "Hops":
      return hop < trust.hops
    case "Networks":
      return isIP(address) !== 0 && trust.networks.check(address, isIPv6(address) ? "ipv6" : "ipv4")
  }
}

/** What the outermost proxy of so many wrote, where each that wrote something appended it. */
const saidBy = (hops: number, list: ReadonlyArray<string>): string | undefined =>
  list[Math.max(0, list.length - hops)] || undefined

const isHost = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/**
 * `peer` is the other end of the connection. From there on the addresses are followed, the last one first, for as long as they are
 * trusted proxies': all that stands before the first one that is none may have been written by the client. What is no address
 * (`unknown`, nothing) ends the search, too.
 */
export const forwardingOf = (headers: RequestHeaders, peer: string | undefined, trust: TrustProxy): Forwarding => {
  let address = peer === undefined ? "unknown" : ofPeer(peer)
  const host = text(headers, "host")
  if (trust._tag === "Off") return { address, secure: false, host }
  const chain = listOf(headers, "x-forwarded-for")
  let hops = 0
  while (isTrusted(trust, hops, address)) {
    hops++
    const next = addressOf(chain[chain.length - hops] ?? "")
    if (next === undefined) break
    address = next
  }
  if (hops === 0) return { address, secure: false, host }
  // A proxy that says nothing of the addresses may still say how it was asked, and for what.
  const trusted = trust._tag === "Hops" ? trust.hops : hops
  const scheme = saidBy(trusted, listOf(headers, "x-forwarded-proto"))
  const asked = saidBy(trusted, listOf(headers, "x-forwarded-host"))
  return {
    address,
    secure: /^(?:https|wss)$/i.test(scheme ?? ""),
    host: asked !== undefined && isHost.test(asked) ? asked : host,
  }
}
