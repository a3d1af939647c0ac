// The texts of an endpoint in the generated documents.
import { OpenApi } from "effect/http-api"

/** `summary` is a short headline, `description` adds the details. */
export const described = (summary: string, description?: string) => OpenApi.annotations({ summary, description })
