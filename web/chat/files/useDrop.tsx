// Files that are dragged over a pane and dropped there: they go into the tray of its composer.
import { type DragEvent, type RefObject, useRef, useState } from "react"
import { useFileWords } from "../../i18n/useFileWords.ts"
import { useFileLimit } from "./offer.ts"
import type { Tray } from "./useTray.ts"

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes("Files")

/**
 * `isOpen`: the composer takes files now, if the server takes any. Returns handlers for the pane, and what it shows while
 * files are over it.
 */
export const useDrop = (tray: Tray, composer: RefObject<{ focus(): void } | null>, isOpen: boolean) => {
  const words = useFileWords()
  const takesFiles = useFileLimit() !== null && isOpen
  const [over, setOver] = useState(false)
  /** Entering a child comes before leaving its parent. */
  const depth = useRef(0)
  const enter = (event: DragEvent) => {
    if (!takesFiles || !hasFiles(event)) return
    event.preventDefault()
    depth.current++
    setOver(true)
  }
  const leave = (event: DragEvent) => {
    if (!hasFiles(event)) return
    depth.current = Math.max(0, depth.current - 1)
    if (depth.current === 0) setOver(false)
  }
  const drop = (event: DragEvent) => {
    depth.current = 0
    setOver(false)
    if (!hasFiles(event)) return
    // Otherwise the browser would leave the page for the file.
    event.preventDefault()
    if (!takesFiles) return
    tray.attach(event.dataTransfer.files)
    composer.current?.focus()
  }
  const move = (event: DragEvent) => {
    if (hasFiles(event)) event.preventDefault()
  }
  const sign = over && (
    <div className="drop" aria-hidden="true">
      <span className="chip">{words.drop}</span>
    </div>
  )
  return { sign, handlers: { onDragEnter: enter, onDragLeave: leave, onDragOver: move, onDrop: drop } }
}
