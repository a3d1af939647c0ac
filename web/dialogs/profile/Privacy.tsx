// The part of the profile about what others see: read receipts, and those who are blocked.
import { useEffect } from "react"
import type { UserId } from "../../../src/domain/Ids.ts"
import { personName } from "../../chat/names.ts"
import { useMineWords } from "../../i18n/useMineWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useChatState, useClient, useUser } from "../../model/hooks.ts"
import { Avatar } from "../../ui/Avatar.tsx"
import { attempt } from "../../ui/notices.tsx"
import { Switch } from "../../ui/Switch.tsx"

const Blocked = ({ id }: { id: UserId }) => {
  const words = useWords()
  const { block } = useMineWords()
  const client = useClient()
  const user = useUser(id)
  const isKnown = user !== undefined
  // In no chat that was seen so far; a name that cannot be loaded is shown as unknown.
  useEffect(() => {
    if (!isKnown) client.user(id).catch(() => undefined)
  }, [client, id, isKnown])
  const name = personName(user, words)
  return (
    <li className="member">
      <span className="person">
        <Avatar id={id} name={name} size="s" />
        <span className="person-text">
          <span className="person-name" dir="auto">
            {name}
          </span>
          {user !== undefined && <span className="person-note">@{user.username}</span>}
        </span>
        <button
          type="button"
          className="quiet-button"
          aria-label={block.unblockOne(name)}
          onClick={() => void attempt(client.unblock(id))}
        >
          {block.unblock}
        </button>
      </span>
    </li>
  )
}

export const Privacy = () => {
  const { block, profile } = useMineWords()
  const client = useClient()
  const { forward_link, read_receipts } = useChatState((state) => state.settings)
  const blocks = useChatState((state) => state.blocks)
  return (
    <div className="stack">
      <Switch
        label={profile.receipts}
        about={profile.receiptsText}
        on={read_receipts !== false}
        onChange={(on) => void attempt(client.changeSettings({ read_receipts: on ? null : false }))}
      />
      <Switch
        label={profile.forwardLink}
        about={profile.forwardLinkText}
        on={forward_link !== false}
        onChange={(on) => void attempt(client.changeSettings({ forward_link: on ? null : false }))}
      />
      <h3 className="dialog-section">{block.list}</h3>
      {blocks.size === 0 ? (
        <p className="dialog-text">{block.none}</p>
      ) : (
        <ul className="people">
          {[...blocks].map((id) => (
            <Blocked key={id} id={id} />
          ))}
        </ul>
      )}
    </div>
  )
}
