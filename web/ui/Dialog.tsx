// A window over the page. The browser's own <dialog> keeps the focus inside and closes on Escape.
import { type MouseEvent, type ReactNode, type SyntheticEvent, useEffect, useId, useLayoutEffect, useRef } from "react"
import { useWords } from "../i18n/useWords.ts"
import { openLayer } from "../pages/layers.ts"
import { Icon } from "./Icon.tsx"
import { Notices } from "./notices.tsx"

/** The behaviour of a window: it takes the focus and gives it back; Escape, Back and a click beside it close it. */
export const useModal = (onClose: () => void) => {
  const ref = useRef<HTMLDialogElement>(null)
  const close = useRef(onClose)
  close.current = onClose
  useLayoutEffect(() => openLayer(() => close.current()), [])
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    if (dialog !== null && !dialog.open) dialog.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return {
    ref,
    onCancel: (event: SyntheticEvent) => {
      event.preventDefault()
      onClose()
    },
    onClick: (event: MouseEvent) => {
      if (event.target === ref.current) onClose()
    },
  }
}

/** The window itself; it is named by `label`, or by the element `labelledBy`. */
export const Modal = ({
  label,
  labelledBy,
  className,
  onClose,
  children,
}: {
  label?: string
  labelledBy?: string
  className: string
  onClose: () => void
  children: ReactNode
}) => {
  const modal = useModal(onClose)
  return (
    <dialog {...modal} className={`dialog ${className}`.trimEnd()} aria-label={label} aria-labelledby={labelledBy}>
      <div className="dialog-box">{children}</div>
      {/* Those of the page lie under the window. */}
      <Notices />
    </dialog>
  )
}

export const Dialog = ({
  title,
  onClose,
  children,
  footer,
  narrow = false,
  readOnly = false,
}: {
  title: string
  onClose: () => void
  children: ReactNode
  footer?: ReactNode
  narrow?: boolean
  /** There is nothing to focus in it: the body itself has to be, so that keys scroll it. */
  readOnly?: boolean
}) => {
  const words = useWords()
  const titleId = useId()
  return (
    <Modal labelledBy={titleId} className={narrow ? "dialog-narrow" : ""} onClose={onClose}>
      <header className="dialog-head">
        <h2 id={titleId} className="dialog-title" dir="auto">
          {title}
        </h2>
        <button type="button" className="icon-button" aria-label={words.close} onClick={onClose}>
          <Icon name="close" size={22} />
        </button>
      </header>
      <div className="dialog-body" tabIndex={readOnly ? 0 : undefined}>
        {children}
      </div>
      {footer !== undefined && <footer className="dialog-foot">{footer}</footer>}
    </Modal>
  )
}

/** Asks for confirmation of an action that cannot be undone. */
export const Confirm = ({
  title,
  text,
  action,
  onConfirm,
  onClose,
}: {
  title: string
  text: string
  action: string
  onConfirm: () => void
  onClose: () => void
}) => {
  const words = useWords()
  return (
    <Dialog
      title={title}
      onClose={onClose}
      narrow
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            {words.cancel}
          </button>
          <button
            type="button"
            className="button button-danger"
            onClick={() => {
              onClose()
              onConfirm()
            }}
          >
            {action}
          </button>
        </>
      }
    >
      <p className="dialog-text">{text}</p>
    </Dialog>
  )
}
