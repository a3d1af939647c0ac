/** A name in a sentence of ours: it keeps its own direction, and the sentence its. */
export const isolated = (name: string): string => `\u2068${name}\u2069`
