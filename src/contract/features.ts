// What this server can do beyond the first contract, by name: `hello.features`. A client asks for it and does not go by versions.
export const features = ["reactions", "pins", "custom", "threads", "forwards", "state"] as const
