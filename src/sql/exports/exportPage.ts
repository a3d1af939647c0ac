// How much of a chat one page of an export looks at: so many places, of which it reads out so many of one's own messages at most.
export const exportPage = { places: 5_000, messages: 200 } as const
