// Offers to load a newer version of the page. What was typed is stored before.
import { useEffect, useState } from "react"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useClient } from "../model/hooks.ts"
import { keepWorker } from "../worker.ts"

export const UpdateOffer = () => {
  const { update: words } = useMineWords()
  const client = useClient()
  const [isReady, setReady] = useState(false)
  useEffect(() => keepWorker(client, () => setReady(true)), [client])
  if (!isReady) return null
  return (
    <section className="offer" aria-label={words.ready}>
      <p role="status">{words.ready}</p>
      <button
        type="button"
        className="button button-main"
        onClick={() => void client.keepDrafts().finally(() => location.reload())}
      >
        {words.reload}
      </button>
      <button type="button" className="button" onClick={() => setReady(false)}>
        {words.later}
      </button>
    </section>
  )
}
