// A bot in Node: it answers whoever writes to it, once, also what was sent while it was away.
//
//   CONFAB_URL=http://localhost:8000 BOT_LOGIN=robot BOT_PASSWORD=… node bot.ts
import { createChatClient, fileOutbox, fileTokens } from "@confab-chat/client"

const { BOT_LOGIN = "robot", BOT_PASSWORD = "", BOT_STATE = ".", CONFAB_URL = "http://localhost:8000" } = process.env
const bot = createChatClient({
  url: CONFAB_URL,
  tokens: fileTokens(`${BOT_STATE}/tokens.json`),
  outbox: fileOutbox(`${BOT_STATE}/outbox.json`),
})

const me = (await bot.start()) ?? (await bot.logIn(BOT_LOGIN, BOT_PASSWORD))
bot.onEvent((event) => {
  if (event.type !== "message" || event.sender_id === me.id) return
  bot.markRead(event.chat_id, event.seq)
  bot.send(event.chat_id, `You said: ${event.text}`, { replyTo: event.id })
})
await bot.whenOnline()

// Chats that have something unread since the last run.
for (const { id, last_read_seq, unread_count } of bot.getState().chats) {
  if (unread_count === 0) continue
  await bot.openAt(id, last_read_seq + 1)
  for (const message of bot.getState().conversations.get(id)?.messages ?? []) {
    if (message.seq <= last_read_seq || message.sender_id === me.id || message.deleted) continue
    bot.send(id, `You said: ${message.text}`, { replyTo: message.id })
    bot.markRead(id, message.seq)
  }
  bot.closeChat(id)
}
console.log(`${me.username} answers`)
