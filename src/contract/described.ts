// What the generated documents say about an endpoint.
import { OpenApi } from "effect/http-api"

/** `summary` is a short headline, `description` what the headline leaves open. */
export const described = (summary: string, description?: string) => OpenApi.annotations({ summary, description })
