// Files that users upload: what they show, and which names they may have.
import { Schema } from "effect"
import { MessageId, Seq, UserId } from "./Ids.ts"
import { codePoints, Text } from "./Text.ts"
import { Timestamp } from "./Timestamp.ts"

export const FileId = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })).pipe(
  Schema.brand("FileId"),
)
export type FileId = typeof FileId.Type

/** A UUID, the name of stored bytes. Users never see it: it would tell them who else has the same bytes. */
export type BlobId = string

export const FileKind = Schema.Literals(["photo", "video", "audio", "voice", "file"])
export type FileKind = typeof FileKind.Type

/** How an upload is to be treated: `photo` is what an image is when nothing is said. */
export const UploadedAs = Schema.Literals(["photo", "file", "voice"])
export type UploadedAs = typeof UploadedAs.Type

const longestName = 255

/** Slashes, control characters, and characters that change the direction of the text that follows. */
const forbidden = /[/\\\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

export const FileName = Text.check(
  Schema.makeFilter<string>(
    (name) => {
      if (name === "") return "must have at least 1 character"
      if (codePoints(name) > longestName) return `must have at most ${longestName} characters`
      return forbidden.test(name) ? "may have no /, \\ or control character" : undefined
    },
    { toJsonSchema: () => ({ minLength: 1, maxLength: longestName }) },
  ),
)

/** The name of a file that was uploaded without one. */
export const unnamed = "file"

const maxWaveformBytes = 64

/** base64 of at most 64 bytes, at least one. */
export const Waveform = Schema.String.check(
  Schema.isPattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  Schema.makeFilter<string>((text) => {
    const bytes = (text.length / 4) * 3 - (/=*$/.exec(text)?.[0].length ?? 0)
    return bytes >= 1 && bytes <= maxWaveformBytes ? undefined : `must be 1 to ${maxWaveformBytes} bytes in base64`
  }),
)

export const Duration = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 }))

/** What is known of a file besides its bytes; absent: unknown. */
const aboutFields = {
  /** Pixels, upright. */
  width: Schema.optionalKey(Schema.Int),
  height: Schema.optionalKey(Schema.Int),
  /** base64 of some 25 bytes: https://evanw.github.io/thumbhash */
  thumbhash: Schema.optionalKey(Schema.String),
  /** These two are as the client said. */
  duration_ms: Schema.optionalKey(Duration),
  waveform: Schema.optionalKey(Waveform),
}
/** The media types that browsers may show. */
export const shownTypes = [
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
  "image/avif",
  "video/mp4",
  "video/webm",
  "video/ogg",
  "audio/ogg",
  "audio/webm",
  "audio/mpeg",
  "audio/mp4",
  "audio/wav",
  "application/pdf",
] as const

/** Of bytes that are none of these, or that no browser should interpret. */
export const unknownType = "application/octet-stream"

const AboutFile = Schema.Struct(aboutFields)
export type AboutFile = typeof AboutFile.Type

export const File = Schema.Struct({
  id: FileId,
  kind: FileKind,
  name: Schema.String,
  /** The media type of the stored bytes. */
  type: Schema.String,
  /** Bytes. */
  size: Schema.Int,
  ...aboutFields,
}).annotate({ identifier: "File" })
export type File = typeof File.Type

/** A file in a chat, with the message that has it. */
export const ChatFile = Schema.Struct({
  file: File,
  message_id: MessageId,
  seq: Seq,
  sender_id: UserId,
  created_at: Timestamp,
}).annotate({ identifier: "ChatFile" })
export type ChatFile = typeof ChatFile.Type
