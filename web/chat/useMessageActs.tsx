// What a user can do with messages, and the windows that it opens: for the conversation and for a thread.
import { type ReactNode, useMemo, useRef, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import { messageWords, useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useClient } from "../model/hooks.ts"
import { Confirm } from "../ui/Dialog.tsx"
import { later } from "../ui/later.tsx"
import { attempt, notice, refusal, refusalText } from "../ui/notices.tsx"
import type { MessageActs } from "./MessageActs.ts"

const Readers = later(() => import("./windows.ts").then(({ Readers }) => Readers))
const ForwardPicker = later(() => import("./windows.ts").then(({ ForwardPicker }) => ForwardPicker))
const EditHistory = later(() => import("./windows.ts").then(({ EditHistory }) => EditHistory))

type Window =
  | { readonly kind: "delete" | "forward"; readonly entries: ReadonlyArray<Entry> }
  | { readonly kind: "readers" | "history"; readonly entry: Entry }

const idsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<MessageId> =>
  entries.flatMap(({ id }) => (id === null ? [] : [id]))

type Given = Pick<MessageActs, "reply" | "edit" | "select" | "thread"> & {
  /** The entries have been forwarded, or are being deleted. */
  done(): void
}

export const useMessageActs = (chat: ChatView, given: Given): readonly [MessageActs, ReactNode] => {
  const words = useWords()
  const { select } = useMessageWords()
  const client = useClient()
  const [open, setOpen] = useState<Window>()
  const close = () => setOpen(undefined)
  const latest = useRef(given)
  latest.current = given
  const hasSelect = given.select !== undefined
  const hasThread = given.thread !== undefined

  const acts = useMemo<MessageActs>(
    () => ({
      reply: (entry) => latest.current.reply(entry),
      edit: (entry) => latest.current.edit(entry),
      remove: (entries) => setOpen({ kind: "delete", entries }),
      readers: (entry) => setOpen({ kind: "readers", entry }),
      history: (entry) => setOpen({ kind: "history", entry }),
      forward: (entries) => setOpen({ kind: "forward", entries }),
      pin: (entry, on) => {
        if (entry.id === null) return
        client.pin(entry.id, on).catch((cause) => {
          notice(refusal(cause) === "TooManyPins" ? messageWords().pins.tooMany : refusalText(cause))
        })
      },
      ...(hasSelect ? { select: (entry: Entry) => latest.current.select?.(entry) } : {}),
      ...(hasThread ? { thread: (entry: Entry) => latest.current.thread?.(entry) } : {}),
    }),
    [client, hasSelect, hasThread],
  )

  /** One after the other; what is refused ends it, with a notice. */
  const remove = async (ids: ReadonlyArray<MessageId>) => {
    for (const id of ids) if (!(await attempt(client.delete(id)))) return
  }

  const window = () => {
    switch (open?.kind) {
      case undefined:
        return null
      case "delete": {
        const { entries } = open
        const one = entries.length === 1
        return (
          <Confirm
            title={one ? words.chat.deleteTitle : select.deleteTitle(entries.length)}
            text={one ? words.chat.deleteText : select.deleteText}
            action={words.chat.delete}
            onClose={close}
            onConfirm={() => {
              void remove(idsOf(entries))
              given.done()
            }}
          />
        )
      }
      case "forward":
        return <ForwardPicker messageIds={idsOf(open.entries)} onClose={close} onDone={() => given.done()} />
      case "readers":
        return open.entry.id === null ? null : <Readers messageId={open.entry.id} onClose={close} />
      case "history":
        return <EditHistory chat={chat} entry={open.entry} onClose={close} />
    }
  }
  return [acts, window()]
}
