/** A name within a sentence: the name and the sentence each keep their own direction. */
export const isolated = (name: string): string => `\u2068${name}\u2069`
