// Announces new messages while the page has no attention: one of the tabs plays the sound and shows one notification a
// chat. A notification closes when its message is read or deleted.
import type { ChatId, MessageId } from "../src/domain/Ids.ts"
import { hasAttention, onAttention } from "./attention.ts"
import { at, base, below } from "./base.ts"
import { pathOf } from "./pages/address.ts"
import { getSettings } from "./settings.ts"

export const notificationsPossible = (): boolean => "Notification" in window && isSecureContext

export const askForNotifications = async (): Promise<boolean> =>
  notificationsPossible() && (await Notification.requestPermission()) === "granted"

const speakerLock = `confab${base}.speaker`
const attentionLock = `confab${base}.attention`
let isSpeaker = !("locks" in navigator)

/** Competes for the role of the announcing tab; one tab has it at a time. */
export const takeTurns = (): (() => void) => {
  if (!("locks" in navigator)) return () => undefined
  const abort = new AbortController()
  const forever = () =>
    new Promise<void>((resolve) => {
      isSpeaker = true
      abort.signal.addEventListener("abort", () => {
        isSpeaker = false
        resolve()
      })
    })
  navigator.locks.request(speakerLock, { signal: abort.signal }, forever).catch(() => undefined)
  let lookAway: (() => void) | undefined
  const attention = () => {
    lookAway?.()
    lookAway = undefined
    if (!hasAttention()) return
    void navigator.locks.request(
      attentionLock,
      { mode: "shared" },
      () =>
        new Promise<void>((resolve) => {
          lookAway = resolve
        }),
    )
  }
  const stop = onAttention(attention)
  attention()
  return () => {
    abort.abort()
    lookAway?.()
    stop()
  }
}

const someTabHasAttention = async (): Promise<boolean> => {
  if (hasAttention()) return true
  if (!("locks" in navigator)) return false
  const { held = [] } = await navigator.locks.query()
  return held.some(({ name }) => name === attentionLock)
}

let audio: AudioContext | undefined

/** Two soft tones, synthesised: there is no file to load. */
const chime = async (): Promise<void> => {
  audio ??= new AudioContext()
  if (audio.state === "suspended") await audio.resume()
  for (const [delay, pitch] of [
    [0, 660],
    [0.11, 880],
  ] as const) {
    const at = audio.currentTime + delay
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.frequency.value = pitch
    volume.gain.setValueAtTime(0, at)
    volume.gain.linearRampToValueAtTime(0.08, at + 0.015)
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.25)
    tone.connect(volume).connect(audio.destination)
    tone.start(at)
    tone.stop(at + 0.26)
  }
}

const registration = async (): Promise<ServiceWorkerRegistration | undefined> => {
  if (!("serviceWorker" in navigator)) return undefined
  try {
    await navigator.serviceWorker.register(at("/sw.js"))
    return await navigator.serviceWorker.ready
  } catch {
    return undefined
  }
}

/** A click on a notification opens its chat in an open page. Returns a function that stops it. */
export const onNotificationClick = (lead: (path: string) => void): (() => void) => {
  if (!("serviceWorker" in navigator)) return () => undefined
  const heard = ({ data }: MessageEvent) => {
    if (data?.type === "open" && typeof data.path === "string") lead(below(data.path))
  }
  navigator.serviceWorker.addEventListener("message", heard)
  return () => navigator.serviceWorker.removeEventListener("message", heard)
}

/** For browsers without service workers; a service worker keeps them itself, also over a reload. */
const shown = new Map<ChatId, Notification>()

const tagOf = (chatId: ChatId) => `confab-${chatId}`

export const announce = async (message: {
  readonly chatId: ChatId
  readonly messageId: MessageId
  readonly title: string
  readonly text: string
  readonly onClick: () => void
}): Promise<void> => {
  if (!isSpeaker || (await someTabHasAttention())) return
  const { sound, notifications } = getSettings()
  if (sound) await chime().catch(() => undefined)
  if (!notifications || !notificationsPossible() || Notification.permission !== "granted") return
  const { chatId, messageId, title, text } = message
  const options = { body: text, tag: tagOf(chatId), silent: true, data: { path: at(pathOf(chatId)), messageId } }
  const worker = await registration()
  if (worker !== undefined) return worker.showNotification(title, options)
  const notification = new Notification(title, options)
  shown.set(chatId, notification)
  notification.onclick = () => {
    window.focus()
    notification.close()
    message.onClick()
  }
}

/** The number on the icon of the installed page, where the platform shows one; 0: none. */
export const showBadge = (count: number): void => {
  if (!("setAppBadge" in navigator)) return
  // A platform may know badges and refuse them to this page.
  const shown = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()
  shown.catch(() => undefined)
}

/** Closes the notification of a chat, or that of one message, after it is read or deleted. */
export const withdraw = async (chatId: ChatId, messageId?: MessageId): Promise<void> => {
  const isMeant = ({ data }: Notification) => messageId === undefined || data?.messageId === messageId
  const own = shown.get(chatId)
  if (own !== undefined && isMeant(own)) {
    own.close()
    shown.delete(chatId)
  }
  if (!notificationsPossible() || !("serviceWorker" in navigator)) return
  const worker = await navigator.serviceWorker.getRegistration()
  for (const notification of (await worker?.getNotifications({ tag: tagOf(chatId) })) ?? []) {
    if (isMeant(notification)) notification.close()
  }
}
