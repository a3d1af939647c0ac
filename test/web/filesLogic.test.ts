// What the page computes about files, without a browser.
import { describe, expect, it } from "vitest"
import type { PendingUpload } from "../../src/client/state/ChatState.ts"
import type { File as Attachment, FileId } from "../../src/domain/File.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { albumRows, shownRatio, soleWidth } from "../../web/chat/files/album.ts"
import { makingRoom } from "../../web/chat/files/keptFiles.ts"
import { lengthText } from "../../web/chat/files/lengthText.ts"
import { oneLine, uploadKind } from "../../web/chat/files/oneLine.ts"
import { barsOf, waveformOf } from "../../web/chat/files/waveform.ts"
import { fitted, moved, zoomed } from "../../web/chat/files/zoom.ts"
import { en } from "../../web/i18n/en.ts"

const file = (kind: Attachment["kind"], name = "a.bin"): Attachment => ({
  id: 1 as FileId,
  kind,
  name,
  type: "",
  size: 1,
})
const upload = (type: string, as: PendingUpload["as"] = null): PendingUpload => ({
  name: "b.bin",
  type,
  size: 1,
  content: { path: "" },
  as,
  durationMs: null,
  waveform: null,
  width: null,
  height: null,
  sent: 0,
  file: null,
})

describe("An album", () => {
  it("has every picture once, in rows of one to three", () => {
    for (let count = 1; count <= 10; count++) {
      for (const ratio of [0.6, 1, 1.5, 2.4]) {
        const rows = albumRows(Array.from({ length: count }, () => ratio))
        expect(rows.reduce((sum, row) => sum + row, 0)).toBe(count)
        expect(Math.min(...rows)).toBeGreaterThanOrEqual(1)
        expect(Math.max(...rows)).toBeLessThanOrEqual(3)
      }
    }
    expect(albumRows([1.5, 0.67])).toEqual([2])
    expect(albumRows([2.4, 2.4])).toEqual([1, 1])
    expect(albumRows([0.7, 0.7, 0.7])).toEqual([3])
  })

  it("knows a picture's place from its size alone", () => {
    expect(shownRatio(4000, 100)).toBe(2.4)
    expect(shownRatio(undefined, undefined)).toBeCloseTo(16 / 9)
    expect(soleWidth(1600, 1200)).toBe(420)
    expect(soleWidth(20, 20)).toBe(160)
    expect(soleWidth(1000, 1500)).toBe(280)
  })
})

describe("A waveform", () => {
  it("has at most 64 bytes, the loudest part at the top, and survives what clients say", () => {
    const bars = barsOf(waveformOf(Array.from({ length: 1_000 }, (_, i) => (i === 500 ? 0.8 : 0.2))))
    expect(bars.length).toBe(64)
    expect(bars[32]).toBe(1)
    expect(bars[0]).toBeCloseTo(0.25, 1)
    expect(barsOf(waveformOf([])).length).toBe(1)
    expect(barsOf("no base64!").length).toBe(32)
  })
})

describe("A zoom", () => {
  const [shown, view] = [
    { width: 400, height: 300 },
    { width: 500, height: 300 },
  ]
  it("keeps what is under the pointer there, and the picture's edges outside of the view", () => {
    const zoom = zoomed(fitted, 2, { x: 100, y: 50 }, shown, view)
    // 100 of the view was 100 of the picture, which is 200 from its middle now.
    expect(zoom).toEqual({ scale: 2, x: -100, y: -50 })
    expect(moved(zoom, 10_000, -10_000, shown, view)).toEqual({ scale: 2, x: 150, y: -150 })
    expect(zoomed(zoom, 0.1, { x: 0, y: 0 }, shown, view)).toEqual(fitted)
    expect(zoomed(zoom, 100, { x: 0, y: 0 }, shown, view).scale).toBe(8)
  })
})

describe("A message in one line", () => {
  it("says what its files are, and its text", () => {
    expect(oneLine({ text: "Hi" }, en)).toBe("Hi")
    expect(oneLine({ text: "", attachments: [file("photo")] }, en)).toBe("Photo")
    expect(oneLine({ text: "Look", attachments: [file("photo"), file("photo")] }, en)).toBe("2 photos, Look")
    expect(oneLine({ text: "", attachments: [file("voice")] }, en)).toBe("Voice message")
    expect(oneLine({ text: "", attachments: [file("file", "plan.pdf")] }, en)).toBe("plan.pdf")
    expect(oneLine({ text: "", attachments: [file("photo"), file("file")] }, en)).toBe("2 files")
    expect(oneLine({ text: "", uploads: [upload("image/png")] }, en)).toBe("Photo")
    expect(
      [upload("image/png", "file"), upload("audio/ogg", "voice"), upload("video/mp4"), upload("")].map(uploadKind),
    ).toEqual(["file", "voice", "video", "file"])
  })
})

describe("A length", () => {
  it("is read as on a clock", () => {
    expect([0, 7.9, 65, 3_723].map(lengthText)).toEqual(["0:00", "0:07", "1:05", "1:02:03"])
  })
})

describe("What is attached", () => {
  const [here, there] = [1 as ChatId, 2 as ChatId]
  it("makes room for more from the oldest files of other chats, and never from its own", () => {
    const kept = [
      { chatId: there, id: 30, size: 30 },
      { chatId: here, id: 10, size: 40 },
      { chatId: there, id: 20, size: 20 },
    ]
    expect(makingRoom(kept, here, 10, 100)).toEqual([])
    expect(makingRoom(kept, here, 11, 100)?.map(({ id }) => id)).toEqual([20])
    expect(makingRoom(kept, here, 31, 100)?.map(({ id }) => id)).toEqual([20, 30])
    expect(makingRoom(kept, here, 60, 100)?.map(({ id }) => id)).toEqual([20, 30])
    expect(makingRoom(kept, here, 61, 100)).toBeNull()
    expect(makingRoom([], here, 101, 100)).toBeNull()
  })
})
