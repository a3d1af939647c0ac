// The header `Idempotency-Key`, with the meaning of `dedup_key`. Not in the endpoints' types, so that callers need not
// pass it.
import { OpenApi } from "effect/http-api"

export const idempotencyKey = "Idempotency-Key"

export const acceptsIdempotencyKey = OpenApi.annotations({
  transform: (operation) => ({
    ...operation,
    parameters: [
      ...(Array.isArray(operation.parameters) ? operation.parameters : []),
      {
        name: idempotencyKey,
        in: "header",
        required: false,
        schema: { type: "string", minLength: 1, maxLength: 64 },
        description: "The same as `dedup_key`; both and different: 400.",
      },
    ],
  }),
})
