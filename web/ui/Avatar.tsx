// A round picture of a user or a group; their initials in a colour that stays the same where they have none.
import { useState } from "react"
import type { FileId } from "../../src/domain/File.ts"
import { at } from "../base.ts"
import { initials } from "../initials.ts"

export const hue = (id: number): number => Math.imul(id, 2_654_435_761) >>> 29

/** Shown over the initials, which stay when it cannot be loaded. */
const Picture = ({ id }: { id: FileId }) => {
  const [missing, setMissing] = useState(false)
  if (missing) return null
  return (
    <img
      className="avatar-picture"
      src={at(`/files/${id}/thumb`)}
      alt=""
      decoding="async"
      draggable={false}
      onError={() => setMissing(true)}
    />
  )
}

export type AvatarSize = "s" | "m" | "l"

export const Avatar = ({
  id,
  name,
  picture,
  size = "m",
  online = false,
}: {
  id: number
  name: string
  picture?: FileId | undefined
  size?: AvatarSize
  online?: boolean
}) => (
  <span className={`avatar avatar-${size} hue-${hue(id)}`} aria-hidden="true">
    {initials(name)}
    {picture !== undefined && <Picture key={picture} id={picture} />}
    {online && <span className="avatar-online" />}
  </span>
)
