// Determines the type of bytes by their beginning, regardless of what the client claims. Knows what browsers may show
// (the contract's list) and nothing else.
import { type FileKind, shownTypes, unknownType } from "../../domain/File.ts"

const latin1 = (head: Uint8Array, from = 0, to = head.length): string =>
  Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1", from, to)

const riff = (text: string): string | undefined => {
  if (!text.startsWith("RIFF")) return undefined
  const form = text.slice(8, 12)
  return form === "WEBP" ? "image/webp" : form === "WAVE" ? "audio/wav" : undefined
}

const videoTrack = /hdlr[\s\S]{8}vide/

/** ISO base media files name their brand. */
const isoMedia = (text: string): string | undefined => {
  if (text.slice(4, 8) !== "ftyp") return undefined
  const brand = text.slice(8, 12)
  if (brand === "avif" || brand === "avis") return "image/avif"
  if (/^M4[AB] $/.test(brand)) return "audio/mp4"
  if (!/^(?:iso[2-9m]|mp4[12]|avc1|dash|M4V |M4VP|mmp4|f4v )$/i.test(brand)) return undefined
  return /hdlr[\s\S]{8}soun/.test(text) && !videoTrack.test(text) ? "audio/mp4" : "video/mp4"
}

const webm = (text: string): string | undefined => {
  if (!text.startsWith("\x1aE\xdf\xa3") || !/\x42\x82.{1,8}webm/s.test(text.slice(0, 64))) return undefined
  return /A_(?:OPUS|VORBIS)/.test(text) && !/V_(?:VP[89]|AV1)/.test(text) ? "audio/webm" : "video/webm"
}

const ogg = (text: string): string | undefined => {
  if (!text.startsWith("OggS")) return undefined
  return /\x80theora|\x01video|OVP80/.test(text) ? "video/ogg" : "audio/ogg"
}

/** A whole MPEG audio header of layer III: neither bit rate nor sampling rate may be one that does not exist. */
const isMp3 = (head: Uint8Array, text: string): boolean => {
  if (text.startsWith("ID3")) return true
  const [first = 0, second = 0, third = 0] = head
  return (
    first === 0xff && (second & 0xe6) === 0xe2 && (second & 0x18) !== 0x08 && third >>> 4 !== 15 && (third & 12) !== 12
  )
}

/** `head`: the first bytes, some thousands if there are so many. */
export const mediaTypeOf = (head: Uint8Array): string => {
  const text = latin1(head)
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg"
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png"
  if (/^GIF8[79]a/.test(text)) return "image/gif"
  if (text.startsWith("%PDF-")) return "application/pdf"
  return riff(text) ?? isoMedia(text) ?? webm(text) ?? ogg(text) ?? (isMp3(head, text) ? "audio/mpeg" : unknownType)
}

/** The containers of a voice: a recorder may write one for video that has no picture. */
const voices: Readonly<Record<string, string>> = {
  "video/mp4": "audio/mp4",
  "video/webm": "audio/webm",
  "video/ogg": "audio/ogg",
}

/** The type of what was recorded as a voice; undefined: it is no recording. */
export const voiceTypeOf = (type: string): string | undefined => (type.startsWith("audio/") ? type : voices[type])

/** `photo`: if it can be read. */
export const kindOf = (type: string): FileKind => {
  if (type.startsWith("image/")) return "photo"
  if (type.startsWith("video/")) return "video"
  return type.startsWith("audio/") ? "audio" : "file"
}

const shown = new Set<string>(shownTypes)

/** A browser may show files of this type. */
export const isShown = (type: string): boolean => shown.has(type)
