// The reverse proxies in front of the server whose statements about the client are trusted: none, a number of them, or
// those of some networks.
import { BlockList, isIP, isIPv4 } from "node:net"
import { make } from "./Variable.ts"

export type TrustProxy =
  | { readonly _tag: "Off" }
  /** This number of proxies in a row, each of which appends the address of its caller. */
  | { readonly _tag: "Hops"; readonly hops: number }
  /** Every proxy of these networks. */
  | { readonly _tag: "Networks"; readonly networks: BlockList }

export const noTrustedProxies: TrustProxy = { _tag: "Off" }

export const trustHops = (hops: number): TrustProxy => ({ _tag: "Hops", hops })

const maxHops = 16

/** Adds an address or a network such as `10.0.0.0/8`; false: it is neither, or it contains all addresses. */
const add = (networks: BlockList, item: string): boolean => {
  const [, address = "", length] = /^\[?([0-9A-Fa-f.:]+)\]?(?:\/(\d{1,3}))?$/.exec(item) ?? []
  if (isIP(address) === 0) return false
  const bits = isIPv4(address) ? 32 : 128
  const prefix = length === undefined ? bits : Number(length)
  if (prefix < 1 || prefix > bits) return false
  networks.addSubnet(address, prefix, bits === 32 ? "ipv4" : "ipv6")
  return true
}

export const trustNetworks = (items: ReadonlyArray<string>): TrustProxy | undefined => {
  const networks = new BlockList()
  return items.length > 0 && items.every((item) => add(networks, item)) ? { _tag: "Networks", networks } : undefined
}

export const trustProxy = (name: string) =>
  make<TrustProxy>(name, (value, wrong) => {
    if (value === undefined || /^(off|false|no|0)$/i.test(value)) return noTrustedProxies
    if (/^(on|true|yes)$/i.test(value)) return trustHops(1)
    if (/^\d{1,2}$/.test(value) && Number(value) <= maxHops) return trustHops(Number(value))
    return (
      trustNetworks(value.split(",").map((item) => item.trim())) ??
      wrong(
        `must be off, on, the number of proxies in a row (${maxHops} at most), or their networks such as 10.0.0.0/8,fd00::/8, ` +
          `but is ${JSON.stringify(value.slice(0, 60))}`,
      )
    )
  })
