// The window with all keyboard shortcuts.
import { usePaletteWords } from "../i18n/usePaletteWords.ts"
import "../styles/palette.css"
import { Dialog } from "../ui/Dialog.tsx"
import { Icon, type IconName } from "../ui/Icon.tsx"
import { keyNames, type ShortcutGroup, shortcuts } from "./shortcuts.ts"

const groups: ReadonlyArray<ShortcutGroup> = ["everywhere", "reading", "writing"]
const isMac = /Mac|iPod|iPhone|iPad/.test(navigator.platform)

const arrows: Readonly<Record<string, IconName>> = { "↑": "up", "↓": "down", "←": "back", "→": "next" }

/** A key as it is written on the keyboard. Not every font has arrows. */
export const Key = ({ name }: { name: string }) => {
  const icon = arrows[name]
  return (
    <kbd>
      {icon === undefined ? (
        name
      ) : (
        <>
          <Icon name={icon} size={14} />
          <span className="visually-hidden">{name}</span>
        </>
      )}
    </kbd>
  )
}

export const Keys = ({ keys }: { keys: string }) => (
  <span className="keys">
    {keyNames(keys, isMac).map((key) => (
      <Key key={key} name={key} />
    ))}
  </span>
)

export const ShortcutList = ({ onClose }: { onClose: () => void }) => {
  const { shortcuts: words } = usePaletteWords()
  return (
    <Dialog title={words.title} onClose={onClose} readOnly>
      {groups.map((group) => (
        <section key={group} className="shortcut-group" aria-label={words.groups[group]}>
          <h3 className="dialog-section">{words.groups[group]}</h3>
          <dl className="shortcuts">
            {shortcuts
              .filter((shortcut) => shortcut.group === group)
              .map(({ id, keys }) => (
                <div key={id} className="shortcut">
                  <dt>{words.names[id]}</dt>
                  <dd>
                    {keys.map((key, i) => (
                      <span key={key} className="shortcut-keys">
                        {i > 0 && <span className="shortcut-or">{words.or}</span>}
                        <Keys keys={key} />
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </Dialog>
  )
}
