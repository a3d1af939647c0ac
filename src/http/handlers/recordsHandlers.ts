// HTTP routes of reactions and pins.
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { recordOperations } from "../../contract/RecordsApi.ts"
import { implementRecords } from "../../edge/operations/records.ts"
import { serveOperations } from "./serveOperations.ts"

export const recordsHandlers = HttpApiBuilder.group(Api, "records", (handlers) =>
  Effect.map(implementRecords, (implementation) => serveOperations(handlers, recordOperations, implementation)),
)
