// A user in a list of a window.
import type { ReactNode } from "react"
import type { User } from "../../src/domain/User.ts"
import { useIsOnline } from "../model/hooks.ts"
import { Avatar } from "../ui/Avatar.tsx"

export const PersonLine = ({ user, note, children }: { user: User; note?: ReactNode; children?: ReactNode }) => {
  const online = useIsOnline(user.id)
  return (
    <span className="person">
      <Avatar id={user.id} name={user.display_name} picture={user.avatar} size="s" online={online} />
      <span className="person-text">
        <span className="person-name" dir="auto">
          {user.display_name}
        </span>
        <span className="person-note">{note ?? `@${user.username}`}</span>
      </span>
      {children}
    </span>
  )
}
