import { Effect, Layer } from "effect"
import { OriginalDigests } from "../../src/actors/memory/OriginalDigests.ts"
import { Settings } from "../../src/config/Settings.ts"

/** Those of a server with these settings. */
export const digestsOf = (settings: Partial<Settings["Service"]> = {}): OriginalDigests["Service"] =>
  Effect.runSync(
    Effect.provide(OriginalDigests, OriginalDigests.layer.pipe(Layer.provide(Settings.layerTest(settings))), {
      local: true,
    }),
  )
