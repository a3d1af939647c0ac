// The load generator's process: receives one job from its parent, runs it, reports, and exits.
import type { FromLoad, Job, Report, ToLoad } from "../Job.ts"
import { signToken } from "../Token.ts"
import { connect } from "./connect.ts"
import { type Context, inTurn } from "./context.ts"
import { dialects } from "./Dialect.ts"
import { history } from "./history.ts"
import { rising, talk } from "./talk.ts"

const say = (message: FromLoad): void => {
  process.send?.(message)
}

let go = () => {}

const contextOf = (job: Job): Context => ({
  job,
  dialect: dialects[job.dialect],
  token: (user) => signToken(job.secret, user),
  inTurn,
  ask: (mark) =>
    new Promise((resolve) => {
      go = resolve
      say({ type: "mark", mark })
    }),
})

const run = (job: Job): Promise<Report> => {
  const context = contextOf(job)
  switch (job.work.kind) {
    case "talk":
      return talk(context, job.work)
    case "rising":
      return rising(context, job.work)
    case "connect":
      return connect(context, job.work)
    case "history":
      return history(context, job.work)
  }
}

process.on("message", (message: ToLoad) => {
  if (message.type === "go") return go()
  run(message.job).then(
    (report) => say({ type: "done", report }),
    (cause: unknown) => say({ type: "failed", reason: cause instanceof Error ? cause.message : String(cause) }),
  )
})
process.on("uncaughtException", (error) => {
  say({ type: "failed", reason: error.message })
})
process.on("disconnect", () => process.exit())
