// Creates a group: a name and members.
import { type FormEvent, useId, useState } from "react"
import type { ChatId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useClient } from "../model/hooks.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { Field } from "../ui/Field.tsx"
import { attempt } from "../ui/notices.tsx"
import { PickMany } from "./PeoplePicker.tsx"

export const NewGroup = ({ onClose, onChat }: { onClose: () => void; onChat: (id: ChatId) => void }) => {
  const dialogs = useDialogWords()
  const client = useClient()
  const form = useId()
  const [name, setName] = useState("")
  const [people, setPeople] = useState<ReadonlyArray<User>>([])
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === "" || busy) return
    setBusy(true)
    await attempt(
      client
        .createGroup(
          name.trim(),
          people.map(({ id }) => id),
        )
        .then((chat) => onChat(chat.id)),
    )
    setBusy(false)
  }
  return (
    <Dialog
      title={dialogs.people.newGroupTitle}
      onClose={onClose}
      footer={
        <button type="submit" form={form} className="button button-main" disabled={name.trim() === "" || busy}>
          {dialogs.people.create}
        </button>
      }
    >
      <form id={form} onSubmit={submit} className="stack">
        <Field
          label={dialogs.people.groupName}
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={128}
          autoComplete="off"
          dir="auto"
          autoFocus
        />
      </form>
      <PickMany chosen={people} onChange={setPeople} />
    </Dialog>
  )
}
