// What a message says in one line, where its files are not shown: in the list of chats, quotes and notifications.
import type { PendingUpload } from "../../../src/client/state/ChatState.ts"
import type { File, FileKind } from "../../../src/domain/File.ts"
import type { Words } from "../../i18n/en.ts"
import { summary } from "../text/summary.ts"

/** What is known of a file before it is uploaded. */
type Unsent = Pick<PendingUpload, "as" | "file" | "name" | "type">

interface Said {
  readonly text: string
  readonly attachments?: ReadonlyArray<File>
  readonly uploads?: ReadonlyArray<Unsent>
}

/** What the server will probably say that it is. */
export const uploadKind = ({ as, file, type }: Omit<Unsent, "name">): FileKind => {
  if (file !== null) return file.kind
  if (as !== null) return as
  const [kind] = type.split("/")
  return kind === "image" ? "photo" : kind === "video" || kind === "audio" ? kind : "file"
}

const filesText = (files: ReadonlyArray<{ readonly kind: FileKind; readonly name: string }>, words: Words): string => {
  const [first] = files
  if (first === undefined) return ""
  const { files: names } = words
  const kind = files.every((file) => file.kind === first.kind) ? first.kind : "file"
  if (kind === "photo") return files.length === 1 ? names.photo : names.photos(files.length)
  if (files.length > 1) return names.files(files.length)
  return kind === "video" ? names.video : kind === "voice" ? names.voice : first.name
}

/** More than any of these places shows. */
const longest = 1_000

export const oneLine = ({ attachments = [], uploads = [], ...said }: Said, words: Words): string => {
  const text = summary(said.text.slice(0, longest))
  const files = [...attachments, ...uploads.map((upload) => ({ kind: uploadKind(upload), name: upload.name }))]
  const about = filesText(files, words)
  return about === "" || text === "" ? about || text : words.files.withText(about, text)
}
