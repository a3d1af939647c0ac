// Files that are dragged over an element and dropped there.
import { type DragEvent, useRef, useState } from "react"

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes("Files")

export const useDrop = (onFiles: ((files: ReadonlyArray<File>) => void) | undefined) => {
  const [over, setOver] = useState(false)
  /** Entering a child comes before leaving its parent. */
  const depth = useRef(0)
  const enter = (event: DragEvent) => {
    if (onFiles === undefined || !hasFiles(event)) return
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
    onFiles?.([...event.dataTransfer.files])
  }
  const move = (event: DragEvent) => {
    if (hasFiles(event)) event.preventDefault()
  }
  return { over, handlers: { onDragEnter: enter, onDragLeave: leave, onDragOver: move, onDrop: drop } }
}
