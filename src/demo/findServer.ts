// Finds the server to fill: the one on PORT, otherwise starts one on the same data that stops when the demo ends.
import { join } from "node:path"
import { Config, Console, Deferred, Effect, Schedule, Stream } from "effect"
import { HttpClient } from "effect/http"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { DemoFailed } from "./DemoApi.ts"

const main = join(import.meta.dirname, "../main.ts")
const address = /Confab is listening on http:\/\/\S+?:([1-9]\d*)/

const isRunning = Effect.fnUntraced(function* (url: string) {
  const client = yield* HttpClient.HttpClient
  return yield* client.get(`${url}/health`).pipe(
    Effect.flatMap((response) => response.json),
    Effect.map((body) => (body as { status?: unknown } | null)?.status === "ok"),
    Effect.timeout("2 seconds"),
    Effect.orElseSucceed(() => false),
  )
})

/** As the server reads it; a wrong one is reported by the server. */
const basePath = Effect.map(Config.String("BASE_PATH").pipe(Config.withDefault("")), (path) =>
  path === "/" ? "" : path,
)

/** Starts the server on a free loopback port; all settings except PORT and HOST are those of this process. */
const start = Effect.gen(function* () {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const child = yield* spawner.spawn(
    ChildProcess.make(process.execPath, [main], {
      env: { PORT: "0", HOST: "127.0.0.1", LOG_FORMAT: "pretty" },
      extendEnv: true,
      forceKillAfter: "10 seconds",
    }),
  )
  const port = yield* Deferred.make<string, DemoFailed>()
  const lines: Array<string> = []
  yield* child.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => {
      lines.push(line)
      const found = address.exec(line)?.[1]
      return found === undefined ? Effect.void : Deferred.succeed(port, found)
    }),
    Effect.exit,
    Effect.andThen(
      Effect.suspend(() =>
        Deferred.fail(port, new DemoFailed({ message: `The server did not start:\n${lines.join("\n")}` })),
      ),
    ),
    Effect.forkScoped,
  )
  const url = `http://127.0.0.1:${yield* Deferred.await(port)}${yield* basePath}`
  yield* isRunning(url).pipe(
    Effect.filterOrFail(
      (running) => running,
      () => new DemoFailed({ message: `No server answers on ${url}.` }),
    ),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 50 }),
  )
  return url
})

/** The address of a running server. */
export const findServer = Effect.gen(function* () {
  const port = yield* Config.Port("PORT").pipe(Config.withDefault(8000))
  const url = `http://localhost:${port}${yield* basePath}`
  if (yield* isRunning(url)) {
    yield* Console.log(`Filling the server on ${url} …`)
    return url
  }
  yield* Console.log(`No server on ${url}: starting one on the same data for a moment …`)
  return yield* start
})
