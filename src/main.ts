// The server: settings, then services, then edges; it runs until a signal ends it, and ends in the opposite order.
import "effect/schema/SchemaJITCompiler/enable"
import { Effect, Layer, Scheduler } from "effect"
import { envFile } from "./config/envFile.ts"
import { Logging } from "./config/Logging.ts"
import { mistypedWarnings } from "./config/mistyped.ts"
import { run } from "./config/Process.ts"
import { Settings } from "./config/Settings.ts"
import { Tracing } from "./config/Tracing.ts"
import { eagerScheduler } from "./main/EagerScheduler.ts"
import { edges } from "./main/edges.ts"
import { listeners } from "./main/listeners.ts"
import { countBuffersAsHeap, disablePretenuring } from "./main/newObjects.ts"
import { services } from "./main/services.ts"

const server = edges.pipe(
  Layer.tap(() => Effect.sync(countBuffersAsHeap)),
  Layer.provide(services),
  Layer.provide(Tracing),
  Layer.provide(mistypedWarnings),
  Layer.provide(Logging),
  Layer.provide(listeners),
  Layer.provide(Settings.layer),
)

disablePretenuring()
run(Effect.andThen(envFile, Effect.provideService(Layer.launch(server), Scheduler.Scheduler, eagerScheduler())))
