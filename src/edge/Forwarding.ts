// The origin of a request: from the connection, and from the headers of the proxies that the operator trusts.
// `Forwarded` (RFC 7239) is not read: proxies that write X-Forwarded-* pass on a client's own `Forwarded`.
import { isIP, isIPv4, isIPv6 } from "node:net"
import type { TrustProxy } from "../config/TrustProxy.ts"

/** By names in lower case, as in node:http and Effect; repeated headers are joined by commas. */
export interface RequestHeaders {
  readonly [name: string]: string | ReadonlyArray<string> | undefined
}

export interface Forwarding {
  /** The client's address: IPv4 in dots, IPv6 in the short form. `unknown` if the connection has none. */
  readonly address: string
  /** The client used https. */
  readonly secure: boolean
  /** The host and port in the client's request; undefined when it names none. */
  readonly host: string | undefined
}

const text = (headers: RequestHeaders, name: string): string | undefined => headers[name]?.toString()

const listOf = (headers: RequestHeaders, name: string): ReadonlyArray<string> =>
  text(headers, name)
    ?.split(",")
    .map((item) => item.trim()) ?? []

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Node already writes IPv6 in the short form; a link-local address has its zone. */
const ofPeer = (peer: string): string =>
  peer.startsWith("::ffff:") ? (mapped.exec(peer)?.[1] ?? peer) : peer.replace(/%.*$/, "")

const shortened = (ipv6: string): string => {
  const short = new URL(`http://[${ipv6}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? []
  if (high === undefined || low === undefined) return short
  const bits = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".")
}

/** An address as proxies write it: with a port, in brackets, with a zone, in quotes; undefined for anything else. */
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

/** The entry of the outermost of `hops` proxies, if each of those that wrote one appended it. */
const saidBy = (hops: number, list: ReadonlyArray<string>): string | undefined =>
  list[Math.max(0, list.length - hops)] || undefined

const isHost = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/**
 * `peer` is the other end of the connection. From there the addresses are followed, the last one first, while they
 * belong to trusted proxies: the client may have written everything before the first address that does not. An item
 * that is no address (`unknown`, empty) also ends the search.
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
  // A proxy that adds no addresses may still report the scheme and the host of the request.
  const trusted = trust._tag === "Hops" ? trust.hops : hops
  const scheme = saidBy(trusted, listOf(headers, "x-forwarded-proto"))
  const forwardedHost = saidBy(trusted, listOf(headers, "x-forwarded-host"))
  return {
    address,
    secure: /^(?:https|wss)$/i.test(scheme ?? ""),
    host: forwardedHost !== undefined && isHost.test(forwardedHost) ? forwardedHost : host,
  }
}
