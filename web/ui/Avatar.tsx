// A round picture of a user's initials, in a colour that stays the same.

/** The first letters of the first two words; whole characters, also emoji. */
export const initials = (name: string): string => {
  const found = name
    .trim()
    .split(/[\s_.-]+/u)
    .filter((word) => /^[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word))
    .slice(0, 2)
    .map((word) => [...word][0] ?? "")
  return found.join("").toLocaleUpperCase() || "?"
}

export const hue = (id: number): number => Math.imul(id, 2_654_435_761) >>> 29

export const Avatar = ({
  id,
  name,
  size = "m",
  online = false,
}: {
  id: number
  name: string
  size?: "s" | "m" | "l"
  online?: boolean
}) => (
  <span className={`avatar avatar-${size} hue-${hue(id)}`} aria-hidden="true">
    {initials(name)}
    {online && <span className="avatar-online" />}
  </span>
)
