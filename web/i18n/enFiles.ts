// The words of files in English: sending, showing and playing them, and pictures of users and groups.
import { isolated } from "./isolated.ts"

export const enFiles = {
  attach: "Attach files",
  attached: "Attached files",
  caption: "Add a caption…",
  remove: (name: string) => `Remove ${isolated(name)}`,
  asFiles: "Send pictures as files, unchanged",
  notKept: "Too much for the browser to keep: a reload loses some of these files.",
  asFilesHint: "Also where and with what they were taken.",
  tooLarge: (most: string) => `Too large: at most ${most}`,
  empty: "Empty",
  drop: "Drop files to attach them",
  uploading: (sent: string, total: string) => `${sent} of ${total}`,
  waiting: "Waits for the connection",
  progress: "Upload",
  cancel: "Cancel the upload",
  open: (name: string) => `Open ${isolated(name)}`,
  missing: "This file is not available.",
  play: "Play",
  pause: "Pause",
  position: "Position",
  record: "Record a voice message",
  recording: "Recording",
  stopRecording: "Discard the recording",
  sendRecording: "Send the recording",
  noMicrophone: "The browser gives no access to a microphone.",

  viewer: {
    title: "Pictures and videos",
    count: (n: number, of: number) => `${n} of ${of}`,
    previous: "Previous",
    next: "Next",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    save: "Save",
    goTo: "Show in the chat",
  },

  gallery: {
    media: "Media",
    kinds: "Kind of files",
    photo: "Photos",
    video: "Videos",
    file: "Files",
    audio: "Audio",
    voice: "Voice",
    none: "Nothing of this kind has been sent here.",
    more: "Show more",
    failed: "The files could not be loaded.",
  },

  picture: {
    set: "Set a picture",
    change: "Change the picture",
    remove: "Remove the picture",
    notAPicture: "This is no picture that the server can read.",
    uploading: (percent: string) => `Uploading ${percent}`,
  },
}

export type FileWords = typeof enFiles
