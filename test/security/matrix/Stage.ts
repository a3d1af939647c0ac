// Every kind of caller of a group: members, former members, strangers, and callers with an invalid token.
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { SignJWT } from "jose"
import { WebSocket } from "ws"
import { Person } from "../../support/person.ts"
import { jwtSecret } from "../../support/sharedServer.ts"

export const roles = ["stranger", "former", "member", "admin", "owner"] as const
export type Role = (typeof roles)[number]

/** What a role gets: an HTTP status, an answer's type or code, an error's tag. */
export type Row<A> = readonly [stranger: A, former: A, member: A, admin: A, owner: A]

/** Who is let in nowhere that wants a token: no token, an expired one, one of an ended session, a forged one. */
export interface Outsider {
  readonly name: string
  readonly token: string | undefined
}

/** A group as it was just made, and a message in it of a member who plays no other part. */
export interface Scene {
  readonly chat_id: number
  readonly message_id: number
  readonly author_id: number
  readonly author_session: string
  /** A file of the author, in no message. */
  readonly file_id: number
  /** Somebody outside, to be invited. */
  readonly guest_id: number
  readonly password: string
}

const claimsOf = (token: string): Record<string, string> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())

export class Stage {
  readonly people: Readonly<Record<Role | "author" | "guest", Person>>
  readonly outsiders: ReadonlyArray<Outsider>

  private constructor(people: Stage["people"], outsiders: Stage["outsiders"]) {
    this.people = people
    this.outsiders = outsiders
  }

  static async open(url: string): Promise<Stage> {
    const person = (name: string) => Person.signUp(url, name)
    const [stranger, former, member] = await Promise.all([person("stranger"), person("former"), person("member")])
    const [admin, owner, author, guest] = await Promise.all(["admin", "owner", "author", "guest"].map(person))
    if (!admin || !owner || !author || !guest) throw new Error("Somebody is missing")
    const ended = await Person.signUp(url, "ended")
    await ended.ok("POST", "/logout")
    const { sub = "", sid = "" } = claimsOf(owner.access_token)
    const sign = (exp: number, secret: string) =>
      new SignJWT({ sid })
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
        .setIssuer("confab")
        .setAudience("confab")
        .setSubject(sub)
        .setJti(randomUUID())
        .setIssuedAt(exp - 900)
        .setExpirationTime(exp)
        .sign(new TextEncoder().encode(secret))
    const now = Math.floor(Date.now() / 1_000)
    return new Stage({ stranger, former, member, admin, owner, author, guest }, [
      { name: "nobody", token: undefined },
      { name: "an expired token", token: await sign(now - 1, jwtSecret) },
      { name: "an ended session", token: ended.access_token },
      { name: "a forged token", token: await sign(now + 900, "another secret that is also long enough") },
    ])
  }

  async scene(): Promise<Scene> {
    const { admin, author, former, guest, member, owner } = this.people
    const chat_id = await owner.group("A secret name", admin, member, author, former)
    await owner.ok("PATCH", `/chats/${chat_id}/members/${admin.id}`, { role: "admin" })
    const { id } = await author.ok("POST", `/chats/${chat_id}/messages`, { text: "A secret text" })
    await owner.ok("DELETE", `/chats/${chat_id}/members/${former.id}`)
    const file = await author.ok("POST", "/files?name=A%20secret.txt", { bytes: "A secret file" })
    return {
      chat_id,
      message_id: id,
      author_id: author.id,
      file_id: file.id,
      author_session: claimsOf(author.access_token).sid ?? "",
      guest_id: guest.id,
      password: owner.password,
    }
  }
}

/** The same scene, but neither the chat nor the message nor the file exists. */
export const nowhere = (scene: Scene): Scene => ({
  ...scene,
  chat_id: 987_654_321,
  message_id: 987_654_321,
  file_id: 987_654_321,
})

/** One remote call over a socket of its own: "ok", or the tag of the error; a stream is left after its first chunk. */
export const call = async (
  person: Person,
  tag: string,
  payload: object | null,
): Promise<{ outcome: string; exit: unknown }> => {
  const socket = new WebSocket(`${person.base.replace(/^http/, "ws")}/rpc`, {
    headers: { authorization: `Bearer ${person.access_token}` },
  })
  await once(socket, "open", { signal: AbortSignal.timeout(5_000) })
  try {
    socket.send(JSON.stringify({ _tag: "Request", id: "1", tag, payload, headers: [] }))
    const [data] = await once(socket, "message", { signal: AbortSignal.timeout(5_000) })
    const said = JSON.parse(String(data))
    if (said._tag === "Chunk") return { outcome: said.values[0]?.type, exit: undefined }
    if (said.exit?._tag === "Success") return { outcome: "ok", exit: said.exit }
    return { outcome: said.exit?.cause?.[0]?.error?._tag ?? JSON.stringify(said), exit: said.exit }
  } finally {
    socket.terminate()
  }
}
