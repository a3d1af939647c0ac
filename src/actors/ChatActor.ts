// The only fiber that changes a chat: takes all waiting commands, decides, commits, and only then answers and
// publishes. Does not know on which node it runs, and does not own when it stops (ActiveChats) or when a batch is
// written to disk (GroupCommit).
import { Clock, Effect, Exit, Fiber, flow } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { Settings } from "../config/Settings.ts"
import { ChatNotFound, Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import { type ChatChange, type CommitResult, Journal } from "../sql/journal/Journal.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import { FullyReadEvents } from "./FullyReadEvents.ts"
import { type Committed, GroupCommit } from "./GroupCommit.ts"
import * as lookUp from "./lookUp.ts"
import { type Entry, Mailbox, type Reply } from "./Mailbox.ts"
import { ChatMemory, type Settled } from "./memory/ChatMemory.ts"
import { OriginalDigests } from "./memory/OriginalDigests.ts"
import { type ChatState, fromSnapshot } from "./rules/ChatState.ts"
import type { Command } from "./rules/Command.ts"
import { type Context, toAnswer, toEvents } from "./rules/outcome.ts"
import { type Plan, plan, standsAlone, toChatChange } from "./rules/plan.ts"
import { answersHeard } from "./turns.ts"
import { eventsOf, type Unknown } from "./unknown.ts"

/** Commands of one chat that may wait or be under way; over this limit, `Unavailable`. */
const mailboxCapacity = 8_192
/** The maximum number of commands in one turn. */
const turnSize = 500
/** How often a batch is decided again, after a change by another actor or a rediscovered dedup_key. */
const attempts = 5
/** How long a chat waits for a database that does not answer a read. */
const loadDeadline = "1500 millis"
const unavailable = Exit.fail(new Unavailable({}))
const notFound = Exit.fail(new ChatNotFound())

/**
 * A command of which a part is committed. Until it is complete, only commands that change no membership run between its
 * parts.
 */
interface Unfinished {
  readonly entry: Entry
  /** The users whom its parts have named. */
  readonly people: Context["users"]
}

/** `Unknown`: a commit with an unknown result. The database's state is read before anything else is decided. */
type Verdict = "done" | "again" | Unknown

/** The commands that are decided together, in the order of their entries. */
interface Turn {
  readonly entries: ReadonlyArray<Entry>
  readonly commands: ReadonlyArray<Command>
  /** What this turn continues. */
  readonly begun: Unfinished | undefined
}

export interface ChatActor {
  /** false: the mailbox is full. */
  offer(entry: Entry): boolean
  /** Commands that have not been answered. */
  outstanding(): number
  /** No command waits and none is under way. */
  idle(): boolean
  /** Epoch milliseconds: the end of the last turn. */
  lastUsed(): number
  /** Runs until interrupted. */
  readonly run: Effect.Effect<void>
}

/**
 * Creates actors; a new one is inactive until it is run. `alone`: no other writer can have changed the chat, so that a
 * turn without changes need not check whether it was decided on the newest state.
 */
export const factory = Effect.fnUntraced(function* (alone: boolean) {
  const journal = yield* Journal
  const users = yield* UserStore
  const commits = yield* GroupCommit
  const broadcast = yield* Broadcast
  const { maxGroupMembers } = yield* Settings
  const digests = yield* OriginalDigests
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const fork = flow(Effect.runForkWith(yield* Effect.context<never>()), Fiber.runIn(scope))
  const needs = { fork, journal, users, commits, broadcast, digests, maxGroupMembers, clock, alone }
  return (chat_id: ChatId): ChatActor => make(needs, chat_id)
})

interface Needs {
  /** The fiber lives as long as the process. */
  readonly fork: (effect: Effect.Effect<void>) => unknown
  readonly journal: Journal["Service"]
  readonly users: UserStore["Service"]
  readonly commits: GroupCommit["Service"]
  readonly broadcast: Broadcast["Service"]
  readonly digests: OriginalDigests["Service"]
  readonly maxGroupMembers: number
  readonly clock: Clock.Clock
  readonly alone: boolean
}

const make = (
  { fork, journal, users, commits, broadcast, digests, maxGroupMembers, clock, alone }: Needs,
  chat_id: ChatId,
): ChatActor => {
  const mailbox = new Mailbox(mailboxCapacity)
  let lastUsed = clock.currentTimeMillisUnsafe()
  const memory = new ChatMemory()
  const sources: lookUp.Sources = { journal, users, memory, chat_id }
  const receipts = new FullyReadEvents(journal, broadcast, chat_id, fork)
  /** The version up to which the events are published, as far as this actor knows. */
  let published: number | undefined
  /** Whether the turn under way has handed something to the journal. */
  let submitted = false
  /** Whether the entries of the present turn have been answered. */
  let answered = false
  let unfinished: Unfinished | undefined

  const answerAll = (entries: ReadonlyArray<Entry>, exit: Reply) => {
    answered = true
    mailbox.answerAll(entries, exit)
  }

  /** The database is unavailable: the callers have waited long enough. */
  const dismissAll = () => {
    mailbox.answerAll(mailbox.takeAll(), unavailable)
    if (unfinished !== undefined) mailbox.answer(unfinished.entry, unavailable)
    unfinished = undefined
  }

  /** undefined: there is no such chat. `unknown`: the commit that may have changed it since the last read. */
  const load = Effect.fnUntraced(function* (unknown?: Unknown) {
    if (memory.state !== undefined) return memory.state
    const snapshot = yield* journal
      .load(chat_id)
      .pipe(Effect.timeoutOrElse({ duration: loadDeadline, orElse: () => Effect.fail(new Unavailable({})) }))
    if (snapshot === undefined) {
      // Deleted since, perhaps by a commit whose answer was lost: its listeners read that.
      if (published !== undefined) yield* broadcast.publish({ _tag: "ChatHead", chat_id, version: published + 1 })
      published = undefined
      return undefined
    }
    const state = fromSnapshot(snapshot)
    if (published !== undefined && published !== state.version) {
      const lowest = Math.min(...snapshot.members.map(({ last_read_seq }) => last_read_seq))
      const events = unknown && (yield* eventsOf(journal, state, lowest, unknown))
      yield* broadcast.publish(
        events === undefined
          ? { _tag: "ChatHead", chat_id, version: state.version }
          : { _tag: "ChatEvents", chat_id, events, fully_read: [] },
      )
    }
    published = state.version
    return memory.load(snapshot)
  })

  const commit = (change: ChatChange): Effect.Effect<Committed> =>
    Effect.callback((resume) => commits.submit(change, (result) => resume(Effect.succeed(result))))

  const decide = (
    start: ChatState,
    commands: ReadonlyArray<Command>,
    { messages, named }: lookUp.Facts,
    at: number,
  ): Plan =>
    plan(start, commands, {
      messages,
      keys: memory.keys,
      threadOf: (id) => memory.recent.threadOf(id),
      senderOf: (id) => memory.recent.senderOf(id),
      named,
      records: (kind, message_id) => memory.records.get(kind, message_id),
      digests,
      maxMembers: maxGroupMembers,
      at,
    })

  /** What the result of a commit means for the memory. */
  const settle = (planned: Plan, change: ChatChange, result: CommitResult): Settled | "again" | "keys taken" => {
    switch (result._tag) {
      case "Committed":
        return memory.settle(planned, result.ids, change)
      case "KeyTaken":
        return "keys taken"
      case "Stale":
        memory.forget()
        return "again"
      default:
        return result satisfies never
    }
  }

  const answer = ({ entries, commands, begun }: Turn, planned: Plan, context: Context): void => {
    if (planned.unfinished) {
      answered = true
      unfinished = { entry: entries[0]!, people: context.users }
      return
    }
    const answers = planned.decisions.map((decision, i) => toAnswer(planned.state, commands[i]!, decision, context))
    answered = true
    for (let i = 0; i < entries.length; i++) {
      // A refusal would mean that nothing has changed. Only another actor can have caused it, between two parts.
      mailbox.answer(entries[i]!, begun !== undefined && Exit.isFailure(answers[i]!) ? unavailable : answers[i]!)
    }
  }

  const attempt = Effect.fnUntraced(function* (turn: Turn) {
    const { commands } = turn
    const start = memory.state ?? (yield* load())
    if (start === undefined) {
      answerAll(turn.entries, notFound)
      return "done" satisfies Verdict
    }
    const at = clock.currentTimeMillisUnsafe()

    const asked = lookUp.facts(sources, start, commands)
    const facts = Effect.isEffect(asked) ? yield* asked : asked
    const planned = decide(start, commands, facts, at)
    const wanted = lookUp.names(sources, commands, planned, turn.begun?.people)
    const names = Effect.isEffect(wanted) ? yield* wanted : wanted

    let settled: Settled | undefined
    if (planned.changes.length > 0) {
      submitted = true
      const change = toChatChange(start, planned, at, memory.watermarks, memory.activeBefore)
      const result = yield* commit(change)
      if (Exit.isFailure(result)) {
        answerAll(turn.entries, Exit.failCause(result.cause))
        return { start, planned, at } satisfies Verdict
      }
      const outcome = settle(planned, change, result.value)
      if (outcome === "keys taken") yield* lookUp.dedupKeys(sources, commands)
      if (typeof outcome === "string") return "again" satisfies Verdict
      settled = outcome
    } else if (!alone && (yield* journal.fencedVersion(chat_id)) !== start.version + start.fence) {
      memory.forget()
      return "again" satisfies Verdict
    }

    const context: Context = {
      at,
      lowest: memory.watermarks.lowest,
      users: names.users,
      sent: settled?.sent ?? [],
      message: (id) => settled?.changed.get(id) ?? facts.messages.get(id),
      messageIdAt: (seq) => memory.recent.idAt(seq) ?? names.readIds.get(seq),
    }
    answer(turn, planned, context)
    if (settled !== undefined) {
      const events = toEvents(start, planned, context)
      const fully_read = receipts.take(memory, planned, settled)
      yield* broadcast.publish({ _tag: "ChatEvents", chat_id, events, fully_read })
      published = planned.state.version
    }
    return "done" satisfies Verdict
  })

  const settleUnknown = Effect.fnUntraced(function* (unknown: Unknown) {
    memory.forget()
    while (Exit.isFailure(yield* Effect.exit(load(unknown)))) {
      dismissAll()
      yield* Effect.sleep("200 millis")
    }
  })

  const isLate = ({ expires }: Entry) => expires !== undefined && expires <= clock.currentTimeMillisUnsafe()

  /** Returns the entries in time, and answers the late ones: they waited in a process that was frozen. */
  const inTime = (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
    const late = entries.filter(isLate)
    mailbox.answerAll(late, unavailable)
    return late.length === 0 ? entries : entries.filter((entry) => !late.includes(entry))
  }

  const takeTurn = Effect.fnUntraced(function* (
    entries: ReadonlyArray<Entry>,
    ready: Exit.Exit<unknown, Unavailable>,
    begun: Unfinished | undefined,
  ) {
    submitted = false
    answered = false
    yield* ready
    memory.trim()
    const commands = entries.map(({ command }) => command)
    const turn: Turn = { entries, commands, begun }
    if (commands[0]?._tag === "ReadBlocks") memory.forget()
    for (let i = 0; i < attempts && (i === 0 || !entries.some(isLate)); i++) {
      const verdict: Verdict = yield* attempt(turn)
      if (verdict === "done") return
      if (verdict !== "again") return yield* settleUnknown(verdict)
    }
    answerAll(entries, unavailable)
  })

  /** A command that meets a bug fails alone, and the chat continues. */
  const guarded = (
    entries: ReadonlyArray<Entry>,
    ready: Exit.Exit<unknown, Unavailable> = Exit.void,
    begun?: Unfinished,
  ): Effect.Effect<void> =>
    Effect.catchCause(takeTurn(entries, ready, begun), (cause) => {
      memory.forget()
      if (answered) return Effect.logError("A chat's events could not be published", cause)
      if (Exit.hasDies(Exit.failCause(cause)) && !submitted && entries.length > 1) {
        return Effect.forEach(entries, (entry) => guarded([entry]), { discard: true })
      }
      answerAll(entries, Exit.failCause(cause))
      if (Exit.hasDies(Exit.failCause(cause))) return Effect.logError("A chat's turn failed unexpectedly", cause)
      dismissAll()
      return Effect.void
    })

  const run = Effect.gen(function* () {
    while (true) {
      yield* unfinished === undefined ? mailbox.waiting : answersHeard
      const begun = unfinished
      // Commands that arrive while the chat is read join the first turn.
      const ready = memory.state === undefined ? yield* Effect.exit(load()) : undefined
      const entries = inTime(mailbox.take(turnSize, standsAlone, begun !== undefined))
      if (entries.length > 0) yield* guarded(entries, ready)
      if (begun !== undefined && unfinished === begun) {
        unfinished = undefined
        yield* guarded([begun.entry], ready, begun)
      }
      lastUsed = clock.currentTimeMillisUnsafe()
    }
  })

  return {
    offer: (entry) => mailbox.offer(entry),
    outstanding: () => mailbox.outstanding,
    idle: () => mailbox.outstanding === 0,
    lastUsed: () => lastUsed,
    run,
  }
}
