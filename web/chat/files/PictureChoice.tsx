// Sets and removes the picture of a user or a group.
import { type ChangeEvent, useEffect, useRef, useState } from "react"
import type { FileId } from "../../../src/domain/File.ts"
import { useFileWords } from "../../i18n/useFileWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useClient } from "../../model/hooks.ts"
import { Icon } from "../../ui/Icon.tsx"
import { attempt, notice, refusal, refusalText } from "../../ui/notices.tsx"
import { useFileLimit } from "./offer.ts"
import { fileSize } from "./sizes.ts"

export const PictureChoice = ({
  picture,
  onChange,
}: {
  picture: FileId | undefined
  /** null: removed. */
  onChange: (picture: FileId | null) => Promise<unknown>
}) => {
  const words = useFileWords()
  const page = useWords()
  const client = useClient()
  const limit = useFileLimit()
  const input = useRef<HTMLInputElement>(null)
  /** From 0 to 1, while it is uploaded. */
  const [part, setPart] = useState<number>()
  const abort = useRef<AbortController>(undefined)
  useEffect(() => () => abort.current?.abort(), [])
  if (limit === null) return null

  const choose = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? []
    // The same file can be chosen again.
    target.value = ""
    if (file === undefined) return
    if (limit !== undefined && file.size > limit) {
      notice(words.tooLarge(fileSize(limit)))
      return
    }
    const uploading = new AbortController()
    abort.current = uploading
    setPart(0)
    try {
      const { id } = await client.upload(
        { content: file, as: "photo" },
        { signal: uploading.signal, onProgress: (sent, total) => setPart(sent / total) },
      )
      await onChange(id)
    } catch (cause) {
      const tag = refusal(cause)
      if (tag === "Aborted") return
      const isNone = tag === "NotAPicture" || tag === "FileEmpty" || tag === "FileUnreadable"
      notice(
        isNone
          ? words.picture.notAPicture
          : tag === "QuotaExceeded"
            ? page.chat.refused.quota_exceeded
            : refusalText(cause),
      )
    } finally {
      setPart(undefined)
    }
  }

  return (
    <div className="picture-choice">
      <input ref={input} type="file" accept="image/*" hidden onChange={(event) => void choose(event)} />
      <button
        type="button"
        className="quiet-button"
        disabled={part !== undefined}
        onClick={() => input.current?.click()}
      >
        <Icon name="image" size={20} />
        {part !== undefined
          ? words.picture.uploading(part.toLocaleString(undefined, { style: "percent" }))
          : picture === undefined
            ? words.picture.set
            : words.picture.change}
      </button>
      {picture !== undefined && part === undefined && (
        <button type="button" className="quiet-button" onClick={() => void attempt(onChange(null))}>
          <Icon name="trash" size={20} />
          {words.picture.remove}
        </button>
      )}
    </div>
  )
}
