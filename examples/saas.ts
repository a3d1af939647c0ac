// An application with users of its own: it signs a token for its user, whose page chats with it.
//
// The server trusts this application (.env of Confab): AUTH_ISSUER=https://app.example/, AUTH_AUDIENCE=chat,
// AUTH_JWKS_URL=https://app.example/keys
import { createChatClient } from "@confab-chat/client"
import { exportJWK, generateKeyPair, SignJWT } from "jose"

/** In the application's server: a key made once, whose public half is at AUTH_JWKS_URL. */
export const makeIssuer = async (issuer: string) => {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" })
  const keys = [{ ...(await exportJWK(publicKey)), kid: "chat-1", alg: "EdDSA", use: "sig" }]
  const sign = (userId: string, name: string) =>
    new SignJWT({ name, preferred_username: userId })
      .setProtectedHeader({ alg: "EdDSA", kid: "chat-1" })
      .setIssuer(issuer)
      .setAudience("chat")
      .setSubject(userId)
      .setIssuedAt()
      .setExpirationTime("10 minutes")
      .sign(privateKey)
  return { keySet: { keys }, sign }
}

/** In the application's server: the id that its user has in the chat, by a token signed for them. The first call makes the account. */
export const chatIdOf = async (url: string, token: string): Promise<number> => {
  const answer = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })
  if (!answer.ok) throw new Error(`The chat answered ${answer.status}.`)
  return (await answer.json()).id
}

/** In the application's page: `getToken` asks the application's server, which knows who is signed in there. */
export const openChat = async (url: string, getToken: () => Promise<string>) => {
  const client = createChatClient({ url, getToken })
  const me = await client.start()
  if (me === null) throw new Error("Nobody is signed in to the application.")
  await client.whenOnline()
  return { client, me }
}
