// The programs of the guide. The tests run them against a server.

/** Shell: from an account to a message. */
export const shell = `
SERVER=http://localhost:8000
curl -s $SERVER/users -H 'Content-Type: application/json' \\
  -d '{"username":"ada","email":"ada@example.com","password":"correct horse"}'
TOKEN=$(curl -s $SERVER/token -d username=ada -d 'password=correct horse' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s $SERVER/chats -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"type":"group","name":"Engines","member_ids":[]}'
curl -s $SERVER/chats -H "Authorization: Bearer $TOKEN"
`

/** JavaScript for Node 22 or newer, without any package: answers to mentions and never answers twice. */
export const bot = `
const { SERVER = "http://localhost:8000", LOGIN, PASSWORD } = process.env
const cursors = {} // chat id: the last version that was seen

const token = async () => {
  const body = new URLSearchParams({ username: LOGIN, password: PASSWORD })
  const answer = await fetch(new URL("/token", SERVER), { method: "POST", body })
  if (answer.ok) return (await answer.json()).access_token
  if (answer.status === 400) process.exit(1) // a wrong password stays wrong
  throw new Error(\`HTTP \${answer.status}\`)
}

const answer = (socket, { id, chat_id, text }) => {
  // The same key after a reconnection: the server keeps the first answer.
  const frame = { type: "message", chat_id, reply_to: id, text: \`You said: \${text}\`, dedup_key: \`answer-\${id}\` }
  socket.send(JSON.stringify(frame))
}

const connect = async () => {
  const url = new URL(\`/ws?resume=true&token=\${await token()}\`, SERVER.replace("http", "ws"))
  const socket = new WebSocket(url)
  let me
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data)
    if (frame.type === "hello") {
      me = frame.user_id
      for (const { chat_id, version } of frame.chats) cursors[chat_id] ??= version
      socket.send(JSON.stringify({ type: "sync", cursors }))
      console.log("ready")
    }
    if (frame.type === "message" && frame.sender_id !== me && !frame.deleted) answer(socket, frame)
    // Every event of a chat has a version: the cursor follows it.
    if (frame.type === "reset" || (frame.chat_id && frame.version)) cursors[frame.chat_id] = frame.version
    if (frame.type === "chat_gone") delete cursors[frame.chat_id]
  }
  socket.onclose = ({ code, reason }) => {
    if (code >= 4500 || code === 1009) process.exit(1)
    const wait = code === 1001 && reason ? JSON.parse(reason).retry_after_ms : 1000
    setTimeout(keepConnected, wait)
  }
}

const keepConnected = () => connect().catch(() => setTimeout(keepConnected, 1000))
keepConnected()
`
