// A user's text: text nodes, and links for its web addresses, never markup.
import { memo } from "react"
import { pieces } from "../links.ts"

export const RichText = memo(({ text }: { text: string }) => {
  let at = 0
  return (
    <>
      {pieces(text).map((piece) => {
        const key = at
        at += piece.text.length
        return "href" in piece ? (
          <a key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc">
            {piece.text}
            {piece.host !== undefined && <span className="link-host" data-host={piece.host} />}
          </a>
        ) : (
          piece.text
        )
      })}
    </>
  )
})
