// Records a voice from the microphone, with how loud it is.
import { useCallback, useEffect, useRef, useState } from "react"
import { waveformOf } from "./waveform.ts"

/** What browsers record and all of them play, the smallest first. */
const types = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"]

export const canRecord = (): boolean =>
  typeof MediaRecorder !== "undefined" && navigator.mediaDevices?.getUserMedia !== undefined

export interface Recording {
  readonly file: File
  readonly durationMs: number
  readonly waveform: string
}

const measureEvery = 100

interface Session {
  readonly recorder: MediaRecorder
  readonly stop: () => void
  readonly recording: Promise<Recording>
}

const begin = async (onLevel: (level: number, seconds: number) => void): Promise<Session> => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  const type = types.find((one) => MediaRecorder.isTypeSupported(one))
  const recorder = new MediaRecorder(stream, type === undefined ? {} : { mimeType: type })
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const levels: Array<number> = []
  const startedAt = performance.now()
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    const level = Math.min(1, Math.sqrt(power) * 3)
    levels.push(level)
    onLevel(level, (performance.now() - startedAt) / 1_000)
  }, measureEvery)
  const release = () => {
    clearInterval(timer)
    for (const track of stream.getTracks()) track.stop()
    void context.close()
  }
  const chunks: Array<Blob> = []
  const recording = new Promise<Recording>((resolve, reject) => {
    recorder.ondataavailable = ({ data }) => chunks.push(data)
    recorder.onerror = () => reject(new Error("The recorder failed"))
    recorder.onstop = () => {
      release()
      const mime = recorder.mimeType
      const extension = mime.includes("mp4") ? "m4a" : mime.includes("ogg") ? "ogg" : "webm"
      const file = new File(chunks, `voice.${extension}`, { type: mime })
      resolve({ file, durationMs: Math.round(performance.now() - startedAt), waveform: waveformOf(levels) })
    }
  })
  recorder.start(1_000)
  return { recorder, recording, stop: () => recorder.state !== "inactive" && recorder.stop() }
}

/** `undefined` while the browser asks for the microphone; null: it gives none. */
export const useRecorder = () => {
  const [state, setState] = useState<{ level: number; seconds: number } | null>()
  const session = useRef<Promise<Session>>(undefined)
  useEffect(() => {
    let current = true
    const running = begin((level, seconds) => current && setState({ level, seconds }))
    session.current = running
    running.then(
      ({ stop }) => (current ? setState({ level: 0, seconds: 0 }) : stop()),
      () => current && setState(null),
    )
    return () => {
      current = false
      void running.then(({ stop }) => stop()).catch(() => undefined)
    }
  }, [])
  const finish = useCallback(async (): Promise<Recording> => {
    const running = await session.current
    if (running === undefined) throw new Error("Nothing is recorded")
    running.stop()
    return running.recording
  }, [])
  return { state, finish }
}
