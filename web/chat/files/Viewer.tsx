// Pictures and videos over the whole window: arrow keys go on, + and - zoom, 0 fits, Escape and Back close.
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef } from "react"
import { at } from "../../base.ts"
import { useFileWords } from "../../i18n/useFileWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { openLayer } from "../../pages/layers.ts"
import { Icon } from "../../ui/Icon.tsx"
import { Photo } from "./Photo.tsx"
import { useZoom } from "./useZoom.ts"
import { type Viewing, view } from "./viewing.ts"

export const Viewer = ({ viewing, onGoTo }: { viewing: Viewing; onGoTo: (seq: number) => void }) => {
  const words = useFileWords()
  const page = useWords()
  const { index, items } = viewing
  const current = items[index]!
  const { file, seq } = current
  const dialog = useRef<HTMLDialogElement>(null)
  const stage = useRef<HTMLDivElement>(null)
  const image = useRef<HTMLDivElement>(null)
  const titleId = useId()
  const go = (to: number) => {
    if (to >= 0 && to < items.length) view({ ...viewing, index: to })
  }
  const zoom = useZoom(stage, image, (direction) => go(index + (direction === "next" ? 1 : -1)))
  const close = () => view(undefined)
  const goTo = viewing.onGoTo ?? onGoTo
  const { reset } = zoom

  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture begins fitted
  useEffect(reset, [file.id, reset])
  useLayoutEffect(() => openLayer(() => view(undefined)), [])
  useEffect(() => {
    const before = document.activeElement
    const element = dialog.current
    if (element !== null && !element.open) element.showModal()
    return () => {
      element?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])

  const onKeyDown = (event: KeyboardEvent) => {
    // Video controls have arrow keys of their own.
    if (event.target instanceof HTMLVideoElement) return
    const act = { ArrowRight: () => go(index + 1), ArrowLeft: () => go(index - 1), "0": reset }[event.key]
    if (act !== undefined) act()
    else if (event.key === "+" || event.key === "=") zoom.zoomBy(1.5)
    else if (event.key === "-") zoom.zoomBy(1 / 1.5)
    else return
    event.preventDefault()
  }
  const { scale, x, y } = zoom.zoom
  const ratio = file.width && file.height ? file.width / file.height : 16 / 9
  return (
    <dialog
      ref={dialog}
      className="viewer"
      aria-labelledby={titleId}
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      <h2 id={titleId} className="visually-hidden">
        {words.viewer.title}
      </h2>
      <header className="viewer-head">
        <span className="viewer-count" role="status">
          {items.length > 1 && words.viewer.count(index + 1, items.length)}
        </span>
        <bdi className="viewer-name">{file.name}</bdi>
        {file.kind === "photo" && (
          <>
            <button
              type="button"
              className="viewer-button viewer-zoom"
              aria-label={words.viewer.zoomOut}
              disabled={scale === 1}
              onClick={() => zoom.zoomBy(1 / 1.5)}
            >
              <Icon name="minus" />
            </button>
            <button
              type="button"
              className="viewer-button viewer-zoom"
              aria-label={words.viewer.zoomIn}
              onClick={() => zoom.zoomBy(1.5)}
            >
              <Icon name="plus" />
            </button>
          </>
        )}
        {seq !== null && (
          <button
            type="button"
            className="viewer-button"
            aria-label={words.viewer.goTo}
            title={words.viewer.goTo}
            onClick={() => {
              close()
              goTo(seq)
            }}
          >
            <Icon name="chats" />
          </button>
        )}
        <a
          className="viewer-button"
          href={at(`/files/${file.id}`)}
          download={file.name}
          aria-label={words.viewer.save}
          title={words.viewer.save}
        >
          <Icon name="download" />
        </a>
        <button type="button" className="viewer-button" aria-label={page.close} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons and keys do the same */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it too */}
      <div
        ref={stage}
        className={scale > 1 ? "viewer-stage viewer-stage-zoomed" : "viewer-stage"}
        onClick={(event) => {
          if (event.target === stage.current && scale === 1) close()
        }}
      >
        {file.kind === "video" ? (
          // biome-ignore lint/a11y/useMediaCaption: nobody has written down what is said in it
          <video
            key={file.id}
            className="viewer-video"
            src={at(`/files/${file.id}`)}
            controls
            playsInline
            aria-label={file.name}
          />
        ) : (
          // biome-ignore lint/a11y/noStaticElementInteractions: the buttons and keys do the same
          <div
            key={file.id}
            ref={image}
            className="viewer-picture"
            style={{
              aspectRatio: ratio,
              width: `min(100%, ${file.width ?? 2_560}px, 100cqh * ${ratio})`,
              translate: `${x}px ${y}px`,
              scale: String(scale),
            }}
            onDoubleClick={(event) => zoom.toggleAt({ x: event.clientX, y: event.clientY })}
            {...zoom.handlers}
          >
            <Photo file={file} sizes="100vw" name={file.name} />
          </div>
        )}
      </div>
      {items.length > 1 && (
        <>
          <button
            type="button"
            className="viewer-button viewer-previous"
            aria-label={words.viewer.previous}
            disabled={index === 0}
            onClick={() => go(index - 1)}
          >
            <Icon name="back" />
          </button>
          <button
            type="button"
            className="viewer-button viewer-next"
            aria-label={words.viewer.next}
            disabled={index === items.length - 1}
            onClick={() => go(index + 1)}
          >
            <Icon name="next" />
          </button>
        </>
      )}
    </dialog>
  )
}
