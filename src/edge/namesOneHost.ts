// A request names the host it is for once (RFC 9112, section 3.2). Two names are two requests in one: a proxy may go by one of them and
// this server by the other.
import type { IncomingMessage } from "node:http"

/** HTTP/1.0 has no such header. */
export const namesOneHost = ({
  httpVersionMinor,
  rawHeaders,
}: Pick<IncomingMessage, "httpVersionMinor" | "rawHeaders">): boolean => {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === "host") hosts++
  }
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0)
}
