// Access tokens as Confab makes them, signed here, so that thousands of users need no sign-up; every server verifies
// them.
import { createHmac, randomUUID } from "node:crypto"
import { sessionId } from "./World.ts"

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** Unique (`jti`), so that no cache of tokens has it. */
export const signToken = (secret: string, user: number): string => {
  const now = Math.floor(Date.now() / 1000)
  const head = encode({ alg: "HS256", typ: "at+jwt" })
  const claims = encode({
    iss: "confab",
    aud: "confab",
    sub: String(user),
    sid: sessionId(user),
    jti: randomUUID(),
    iat: now,
    exp: now + 900,
  })
  return `${head}.${claims}.${createHmac("sha256", secret).update(`${head}.${claims}`).digest("base64url")}`
}
