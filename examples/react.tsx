// A front end in React: a list of chats and the messages of one. Sign in first, as in `client.logIn(name, password)`.
import { type ChatClient, createChatClient } from "@confab-chat/client"
import { ChatProvider, useChats, useConversation } from "@confab-chat/client/react"
import { StrictMode, useState } from "react"
import { createRoot } from "react-dom/client"

const Conversation = ({ chatId }: { readonly chatId: number }) => {
  const { chat, conversation, send } = useConversation(chatId)
  const submit = (form: FormData) => void send(String(form.get("text")))
  return (
    <form action={submit}>
      <h1>{chat?.title}</h1>
      <ul>
        {conversation?.messages.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
      <input name="text" aria-label="Message" required />
    </form>
  )
}

const Chats = () => {
  const [open, setOpen] = useState<number>()
  return (
    <main>
      {useChats().map(({ id, title }) => (
        <button key={id} type="button" onClick={() => setOpen(id)}>
          {title}
        </button>
      ))}
      {open !== undefined && <Conversation key={open} chatId={open} />}
    </main>
  )
}

export const show = (element: Element, client: ChatClient = createChatClient()) =>
  createRoot(element).render(
    <StrictMode>
      <ChatProvider client={client}>
        <Chats />
      </ChatProvider>
    </StrictMode>,
  )
