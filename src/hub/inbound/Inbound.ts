// Turns a client's frames into commands, in order. Uses a fiber only for what must be looked up first; during that, and
// while too many commands are unanswered, the socket's later frames wait and it is not read.
import { Cause, Exit } from "effect"
import type { Answer, Command, CommandError } from "../../actors/rules/Command.ts"
import type { ClientFrame } from "../../contract/ClientFrame.ts"
import { CloseCode } from "../../contract/CloseCode.ts"
import type { Ref } from "../../contract/frames/frame.ts"
import { Limits } from "../../contract/Limits.ts"
import { type Draft, draftOf } from "../../domain/Draft.ts"
import type { ChatId, MessageId } from "../../domain/Ids.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import { kindOfVerb, type Verb } from "../../kinds/Kinds.ts"
import type { StateWriteError } from "../../services/OwnState.ts"
import type { MessagePlace } from "../../sql/messages/MessageStore.ts"
import type { Device } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import {
  authenticatedJson,
  changedJson,
  errorJson,
  pongJson,
  readJson,
  refusalJson,
  sentJson,
  stateSetJson,
} from "../frames/ReplyFrames.ts"
import { decode, Rejected } from "./Decode.ts"
import { frameRates } from "./frameRates.ts"
import type { InboundPorts } from "./InboundPorts.ts"

/** Unanswered commands of one socket; over this limit it is not read until half are answered. */
const maxInFlight = 512
/** Frames that wait for a look-up; over this limit the socket is not read. */
const maxInbox = 256
const maxInboxBytes = 65_536

type RecordFrame = Extract<ClientFrame, { readonly type: Verb }>
type MessageChange = Extract<Command, { readonly _tag: "Edit" | "Delete" | "Record" }>

export class Inbound {
  private readonly ports: InboundPorts

  constructor(ports: InboundPorts) {
    this.ports = ports
  }

  receive(device: Device, data: Buffer, isBinary: boolean): void {
    if (device.closed !== 0) return
    const isHeld = device.lookingUp || device.inFlight >= maxInFlight || device.inbox !== undefined
    if (!isHeld && device.hub.ports.budget.take(device)) this.handle(device, data, isBinary)
    else {
      device.inbox ??= []
      device.inbox.push({ data, isBinary })
      device.inboxBytes += data.length
      if (!isHeld || device.inbox.length >= maxInbox || device.inboxBytes >= maxInboxBytes) this.pause(device)
    }
  }

  private pause(device: Device): void {
    if (device.paused) return
    device.paused = true
    device.wire.pause()
  }

  /**
   * Continues with the waiting frames. A synchronous answer calls this again from within; the running loop then
   * continues.
   */
  proceed(device: Device): void {
    if (device.closed !== 0 || device.proceeding) return
    device.proceeding = true
    const inbox = device.inbox ?? []
    let taken = 0
    while (
      taken < inbox.length &&
      !device.lookingUp &&
      device.inFlight < maxInFlight &&
      device.hub.ports.budget.take(device)
    ) {
      const { data, isBinary } = inbox[taken++]!
      device.inboxBytes -= data.length
      this.handle(device, data, isBinary)
      if (device.closed !== 0) return
    }
    device.proceeding = false
    if (taken < inbox.length) {
      if (taken > 0) inbox.splice(0, taken)
      return
    }
    device.inbox = undefined
    if (device.paused && !device.lookingUp && device.inFlight <= maxInFlight / 2) {
      device.paused = false
      device.wire.resume()
    }
  }

  private handle(device: Device, data: Buffer, isBinary: boolean): void {
    const frame = decode(data, isBinary, device.only)
    if (frame instanceof Rejected) {
      this.reply(device, errorJson(frame.ref, frame.code, frame.message))
      if (++device.badFrames >= Limits.badFrames) device.close(CloseCode.BadFrames)
      return
    }
    device.badFrames = 0
    this.obey(device, frame)
  }

  private obey(device: Device, frame: ClientFrame): void {
    const by = device.user.id
    const { ref } = frame
    const rate = frameRates[frame.type]
    const wait = rate === undefined ? 0 : this.ports.rateLimits.take(rate, by)
    if (wait > 0) {
      this.reply(device, errorJson(ref, "rate_limited", "You do this too often.", wait))
      return
    }
    switch (frame.type) {
      case "message":
        this.send(device, frame)
        break
      case "read":
        if (frame.message_id !== undefined) {
          this.lookUp(device, ref, frame.message_id, (place) => this.read(device, ref, place.chat_id, place.seq))
        } else if (frame.chat_id !== undefined && frame.seq !== undefined) {
          this.read(device, ref, frame.chat_id, frame.seq)
        }
        break
      case "typing":
        if (device.listensTo(frame.chat_id) && device.hub.listeners.isIn(device.user, frame.chat_id)) {
          device.hub.typing.say(device, frame.chat_id, frame.is_typing ?? true)
        } else this.unknownChat(device, ref)
        break
      case "edit": {
        const { message_id, text } = frame
        this.lookUp(device, ref, message_id, ({ chat_id }) =>
          this.change(device, ref, chat_id, { _tag: "Edit", by, message_id, text }),
        )
        break
      }
      case "delete": {
        const { message_id } = frame
        this.lookUp(device, ref, message_id, ({ chat_id }) =>
          this.change(device, ref, chat_id, { _tag: "Delete", by, message_id }),
        )
        break
      }
      case "state":
        this.putState(device, ref, frame.key, frame.value)
        break
      case "sync":
        this.ports.sync(device, frame)
        break
      case "auth":
        this.authenticate(device, ref, frame.token)
        break
      case "ping":
        this.reply(device, pongJson(ref, timestamp(device.hub.now())))
        break
      // The frames of records; any other type without a case does not compile.
      default:
        this.record(device, frame)
    }
  }

  private record(device: Device, frame: RecordFrame): void {
    const by = device.user.id
    const { message_id, on = true, ref } = frame
    const { asked, name } = kindOfVerb[frame.type]
    const command = { _tag: "Record", by, kind: name, message_id, on, ask: asked(frame) } as const
    this.lookUp(device, ref, message_id, ({ chat_id }) => this.change(device, ref, chat_id, command))
  }

  private send(device: Device, frame: Extract<ClientFrame, { readonly type: "message" }>): void {
    const { chat_id, ref } = frame
    if (!device.listensTo(chat_id)) {
      this.unknownChat(device, ref)
      return
    }
    const draft = draftOf(frame)
    if (draft !== undefined) {
      this.sendDraft(device, ref, chat_id, draft)
      return
    }
    device.lookingUp = true
    this.ports.compose(device.user.id, frame, (exit) => {
      device.lookingUp = false
      if (device.closed !== 0) return
      if (Exit.isFailure(exit)) this.refuse(device, ref, exit.cause)
      else if (device.listensTo(chat_id)) this.sendDraft(device, ref, chat_id, exit.value)
      else this.unknownChat(device, ref)
      this.proceed(device)
    })
  }

  private sendDraft(device: Device, ref: Ref | undefined, chat_id: ChatId, draft: Draft): void {
    const command = { _tag: "Send", by: device.user.id, draft } as const
    this.tell(device, ref, chat_id, command, ({ message, duplicate }) => sentJson(ref, message, duplicate))
  }

  private read(device: Device, ref: Ref | undefined, chat_id: ChatId, seq: number): void {
    if (!device.listensTo(chat_id)) {
      this.unknownChat(device, ref)
      return
    }
    const command = { _tag: "Read", by: device.user.id, seq } as const
    this.tell(device, ref, chat_id, command, ({ last_read_seq }) => readJson(ref, chat_id, last_read_seq))
  }

  private change(device: Device, ref: Ref | undefined, chat_id: ChatId, command: MessageChange): void {
    this.tell(device, ref, chat_id, command, () => changedJson(ref, command.message_id))
  }

  /** `answer` makes the frame that reports the result. */
  private tell<C extends Command>(
    device: Device,
    ref: Ref | undefined,
    chat_id: ChatId,
    command: C,
    answer: (done: Answer<C>) => string,
  ): void {
    if (++device.inFlight >= maxInFlight) this.pause(device)
    device.hub.flusher.commandTaken()
    this.ports.chats.tell(chat_id, command, (exit) => {
      this.end(device)
      if (Exit.isSuccess(exit)) this.reply(device, answer(exit.value))
      else this.refuse(device, ref, exit.cause)
      device.hub.flusher.answered(device.outbox, device.inFlight === 0)
    })
  }

  private lookUp(
    device: Device,
    ref: Ref | undefined,
    message_id: MessageId,
    then: (place: MessagePlace) => void,
  ): void {
    device.lookingUp = true
    this.ports.place(device.user.id, message_id, (exit) => {
      device.lookingUp = false
      if (device.closed !== 0) return
      if (Exit.isFailure(exit)) this.refuse(device, ref, exit.cause)
      else if (device.listensTo(exit.value.chat_id)) then(exit.value)
      else this.reply(device, errorJson(ref, "not_found", "No such message, or you cannot see it."))
      this.proceed(device)
    })
  }

  private putState(device: Device, ref: Ref | undefined, key: string, value: unknown): void {
    device.lookingUp = true
    this.ports.putState(device.user.id, key, value, (exit) => {
      device.lookingUp = false
      if (device.closed !== 0) return
      if (Exit.isSuccess(exit)) this.reply(device, stateSetJson(ref, exit.value.version))
      else this.refuse(device, ref, exit.cause)
      this.proceed(device)
    })
  }

  private authenticate(device: Device, ref: Ref | undefined, token: string): void {
    device.lookingUp = true
    this.ports.authenticate(token, (exit) => {
      device.lookingUp = false
      if (device.closed !== 0) return
      if (Exit.isSuccess(exit) && device.isOf(exit.value)) {
        device.renew(exit.value.expires_at)
        this.reply(device, authenticatedJson(ref, timestamp(exit.value.expires_at)))
      } else {
        const error = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isFailReason)?.error : undefined
        const json =
          error?._tag === "Unavailable" || error?._tag === "TooManyRequests"
            ? refusalJson(ref, error)
            : errorJson(ref, "forbidden", "This is no valid token of this socket's session.")
        this.reply(device, json)
      }
      this.proceed(device)
    })
  }

  private end(device: Device): void {
    device.inFlight--
    if ((device.paused || device.inbox !== undefined) && device.inFlight <= maxInFlight / 2) this.proceed(device)
  }

  private reply(device: Device, json: string): void {
    device.push(textFrame(json), 1)
  }

  private unknownChat(device: Device, ref: Ref | undefined): void {
    this.reply(device, errorJson(ref, "not_found", "No such chat, or you are not a member."))
  }

  private refuse(device: Device, ref: Ref | undefined, cause: Cause.Cause<CommandError | StateWriteError>): void {
    const error = cause.reasons.find(Cause.isFailReason)?.error
    if (error === undefined) this.ports.defect(cause)
    this.reply(device, refusalJson(ref, error))
  }
}
