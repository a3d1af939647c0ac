// Whether a request comes from a program on this machine, without a proxy in between.
import type { Socket } from "node:net"
import type { TrustProxy } from "../config/TrustProxy.ts"
import type { RequestHeaders } from "./Forwarding.ts"

interface Incoming {
  readonly headers: RequestHeaders
  readonly socket: Pick<Socket, "localAddress" | "remoteAddress">
}

const loopback = /^(?:::ffff:)?127\.|^::1$/

/** Headers that proxies add. */
const ofProxies =
  /^(?:x-forwarded.*|x-original-.*|x-envoy-.*|forwarded|via|x-real-ip|.*client-?ip|.*connecting-ip|x-proxyuser-ip)$/

/** A proxy on this machine that adds no header is indistinguishable from a program. */
export const isFromThisMachine = ({ headers, socket }: Incoming, trust: TrustProxy): boolean => {
  const { localAddress, remoteAddress } = socket
  if (trust._tag !== "Off" || remoteAddress === undefined) return false
  if (!loopback.test(remoteAddress) && remoteAddress !== localAddress) return false
  return !Object.keys(headers).some((name) => ofProxies.test(name))
}
