// Checks all ports before the database is opened or the cluster joined.
import { Effect, Layer } from "effect"
import { checkListeners, clusterListener, httpListener, metricsListener } from "../config/listening.ts"
import { Settings } from "../config/Settings.ts"

export const listeners = Layer.effectDiscard(
  Effect.flatMap(Settings, (settings) =>
    checkListeners([
      httpListener(settings),
      ...(settings.metricsPort === undefined
        ? []
        : [metricsListener({ port: settings.metricsPort, host: settings.host })]),
      ...(settings.cluster === undefined ? [] : [clusterListener(settings.cluster)]),
    ]),
  ),
)
