// The window of all emoji: search, groups, skin tones. At the button that opened it, and at the foot of a narrow screen.
import { type EmojiData, EmojiPicker, useSkinTone } from "frimousse"
import { type ComponentProps, useEffect, useRef, useState } from "react"
import { flushSync } from "react-dom"
import type { TextWords } from "../../i18n/enTexts.ts"
import { useTextWords } from "../../i18n/useTextWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useSettings } from "../../settings.ts"
import { useModal } from "../../ui/Dialog.tsx"
import { Icon } from "../../ui/Icon.tsx"
import { type MenuPlace, placeAt } from "../../ui/Menu.tsx"
import { useCoarsePointer, useMedia } from "../../useMedia.ts"
import { loadEmoji } from "./emojiData.ts"
import type { EmojiList } from "./findEmoji.ts"
import { keepRecent, quickEmoji, recentEmoji } from "./quickEmoji.ts"
import { keepTone, keptTone, type Tone, toned, tones } from "./skinTones.ts"

const allTones = tones.slice(1) as ReadonlyArray<Exclude<Tone, "none">>

/** In the form of the picker. Short codes count as tags, so that the search finds them. */
const pickerData = (list: EmojiList, locale: string, words: TextWords["picker"]): EmojiData => ({
  locale,
  emojis: list.map(([emoji, label, tags, codes, group, hasTones]) => ({
    emoji,
    label,
    category: group,
    version: 0,
    tags: `${tags},${codes}`.split(","),
    ...(hasTones === 1
      ? {
          skins: Object.fromEntries(allTones.map((tone, i) => [tone, toned(emoji, i + 1)])) as Record<
            Exclude<Tone, "none">,
            string
          >,
        }
      : {}),
  })),
  categories: words.groups.flatMap((label, index) => (label === "" ? [] : [{ index, label }])),
  skinTones: words.tones,
})

const SkinToneButton = ({ label }: { label: string }) => {
  const [tone, setTone, variations] = useSkinTone("✋")
  const at = variations.findIndex(({ skinTone }) => skinTone === tone)
  const next = variations[(at + 1) % variations.length]?.skinTone ?? "none"
  return (
    <button
      type="button"
      className="emoji"
      aria-label={label}
      title={label}
      onClick={() => {
        setTone(next)
        keepTone(next)
      }}
    >
      {variations[at]?.emoji}
    </button>
  )
}

/** The picker counts rows and columns from 0, screen readers from 1. */
const counted = <Props extends ComponentProps<"div"> | ComponentProps<"button">>(props: Props): Props => {
  const all = { ...props }
  for (const name of ["aria-rowindex", "aria-colindex"] as const) {
    const index = all[name]
    if (index !== undefined) all[name] = index + 1
  }
  return all
}

const components: ComponentProps<typeof EmojiPicker.List>["components"] = {
  CategoryHeader: ({ category, ...props }) => (
    <div className="emoji-group" {...props}>
      {category.label}
    </div>
  ),
  Row: (props) => <div className="emoji-row" {...counted(props)} />,
  Emoji: ({ emoji, ...props }) => (
    <button type="button" tabIndex={-1} className={emoji.isActive ? "emoji emoji-active" : "emoji"} {...counted(props)}>
      {emoji.emoji}
    </button>
  ),
}

export const EmojiWindow = ({
  place,
  onChoose,
  onClose,
}: {
  place: MenuPlace
  onChoose: (emoji: string) => void
  onClose: () => void
}) => {
  const { close } = useWords()
  const { picker: words } = useTextWords()
  const { language } = useSettings()
  const coarse = useCoarsePointer()
  const narrow = useMedia("(max-width: 720px)")
  const [failed, setFailed] = useState(false)
  const search = useRef<HTMLInputElement>(null)
  const modal = useModal(onClose)
  const { ref } = modal
  const [recent] = useState(() => quickEmoji(recentEmoji(), 8))
  const choose = (emoji: string) => {
    keepRecent(emoji)
    // While the window is open nothing else on the page can have the focus.
    flushSync(onClose)
    onChoose(emoji)
  }
  // After the window is open: before, it has no size.
  useEffect(() => {
    const box = ref.current
    if (box === null) return
    box.removeAttribute("style")
    if (!narrow) placeAt(box, place)
  }, [ref, place, narrow])
  // A touch keyboard would cover the emoji.
  useEffect(() => {
    if (!coarse) search.current?.focus()
  }, [coarse])
  return (
    <dialog {...modal} className="emoji-window" aria-label={words.title}>
      <EmojiPicker.Root
        className="emoji-picker"
        locale={language}
        columns={8}
        skinTone={keptTone()}
        resolveEmojiData={async (locale) => {
          try {
            return pickerData(await loadEmoji(language), locale, words)
          } catch {
            setFailed(true)
            return pickerData([], locale, words)
          }
        }}
        onEmojiSelect={({ emoji }) => choose(emoji)}
      >
        <div className="emoji-head">
          <EmojiPicker.Search
            ref={search}
            className="emoji-search"
            autoFocus={!coarse}
            placeholder={words.search}
            aria-label={words.search}
          />
          <SkinToneButton label={words.skinTone} />
          <button type="button" className="icon-button emoji-close" aria-label={close} onClick={onClose}>
            <Icon name="close" size={20} />
          </button>
        </div>
        <div className="emoji-recent">
          {recent.map((emoji) => (
            <button key={emoji} type="button" className="emoji" aria-label={emoji} onClick={() => choose(emoji)}>
              {emoji}
            </button>
          ))}
        </div>
        <EmojiPicker.Viewport className="emoji-view">
          <EmojiPicker.Loading className="emoji-state">{words.loading}</EmojiPicker.Loading>
          <EmojiPicker.Empty className="emoji-state">
            {failed ? <span role="alert">{words.failed}</span> : words.none}
          </EmojiPicker.Empty>
          <EmojiPicker.List className="emoji-list" aria-label={words.title} components={components} />
        </EmojiPicker.Viewport>
      </EmojiPicker.Root>
    </dialog>
  )
}
