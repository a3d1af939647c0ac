// The network by which an address is limited.
import { isIPv6 } from "node:net"

/** A host with one IPv6 address usually has 2⁶⁴ of them: they count as one. */
export const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address
  const plain = address.split("%", 1)[0] ?? address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  // The URL parser normalises every spelling of an address.
  const [head = "", tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::")
  const before = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return `${[...before, ...Array<string>(zeros).fill("0"), ...after].slice(0, 4).join(":")}::/64`
}
