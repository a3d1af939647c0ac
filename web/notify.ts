// Tells of a new message when nobody looks: one of the tabs plays the sound and shows the notification.
import { getSettings } from "./settings.ts"

export const notificationsPossible = (): boolean => "Notification" in window && isSecureContext

export const askForNotifications = async (): Promise<boolean> =>
  notificationsPossible() && (await Notification.requestPermission()) === "granted"

const speakerLock = "confab.speaker"
const visibleLock = "confab.visible"
let isSpeaker = !("locks" in navigator)

/** From now on this tab speaks for all, once no other does. */
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
  let hide: (() => void) | undefined
  const onVisibility = () => {
    hide?.()
    hide = undefined
    if (document.visibilityState !== "visible") return
    void navigator.locks.request(
      visibleLock,
      { mode: "shared" },
      () =>
        new Promise<void>((resolve) => {
          hide = resolve
        }),
    )
  }
  document.addEventListener("visibilitychange", onVisibility)
  onVisibility()
  return () => {
    abort.abort()
    hide?.()
    document.removeEventListener("visibilitychange", onVisibility)
  }
}

const someTabIsVisible = async (): Promise<boolean> => {
  if (document.visibilityState === "visible") return true
  if (!("locks" in navigator)) return false
  const { held = [] } = await navigator.locks.query()
  return held.some(({ name }) => name === visibleLock)
}

let audio: AudioContext | undefined

/** Two soft notes, made here: there is no file to load. */
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

export const announce = async (message: {
  readonly id: number
  readonly title: string
  readonly text: string
  readonly onClick: () => void
}): Promise<void> => {
  if (!isSpeaker || (await someTabIsVisible())) return
  const { sound, notifications } = getSettings()
  if (sound) await chime().catch(() => undefined)
  if (!notifications || !notificationsPossible() || Notification.permission !== "granted") return
  const shown = new Notification(message.title, { body: message.text, tag: `confab-${message.id}`, silent: true })
  shown.onclick = () => {
    window.focus()
    shown.close()
    message.onClick()
  }
}
