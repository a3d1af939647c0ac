// Asks for a new password: twice on a terminal, otherwise the first line of stdin. A password is never an argument, which
// other users of the machine could see.
import { Effect, Redacted, Schema, Stdio, Stream } from "effect"
import { Prompt } from "effect/cli"
import { Password } from "../domain/User.ts"
import { NotPossible } from "../services/Operators.ts"

const isPassword = Schema.is(Password)

const typed = (message: string) => Effect.map(Prompt.run(Prompt.Password({ message })), Redacted.value)

const fromTerminal = Effect.gen(function* () {
  const first = yield* typed("New password")
  if ((yield* typed("Once more")) === first) return first
  return yield* new NotPossible({ message: "The two passwords differ." })
})

const fromStdin = Effect.gen(function* () {
  const { stdin } = yield* Stdio.Stdio
  const text = yield* Stream.mkString(Stream.decodeText(stdin))
  return text.split(/\r?\n/, 1)[0] ?? ""
})

/** Fails if it is no possible password. */
export const newPassword = Effect.gen(function* () {
  const password = yield* process.stdin.isTTY ? fromTerminal : fromStdin
  if (isPassword(password)) return password
  return yield* new NotPossible({
    message: "A password has 8 to 256 characters. Without a terminal it is the first line of the standard input.",
  })
})
