// Asks before signing out: unsent messages would wait until the next log-in.
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { rememberSignedIn } from "../pages/signedIn.ts"
import { Confirm } from "../ui/Dialog.tsx"
import { attempt } from "../ui/notices.tsx"

export const SignOut = ({ onClose }: { onClose: () => void }) => {
  const words = useWords()
  const client = useClient()
  return (
    <Confirm
      title={words.list.signOutTitle}
      text={words.list.signOutText}
      action={words.list.signOut}
      onClose={onClose}
      onConfirm={() => {
        const me = client.getState().me?.id ?? null
        rememberSignedIn(null)
        void attempt(client.logOut()).then((out) => {
          if (!out) rememberSignedIn(me)
        })
      }}
    />
  )
}
