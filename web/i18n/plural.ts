// Chooses the plural form for a number.
const rules = new Map<string, Intl.PluralRules>()

export interface Forms {
  readonly one: string
  readonly few?: string
  readonly many?: string
  readonly other: string
}

/** `plural("ru", 3, { one: "чат", few: "чата", many: "чатов", other: "чата" })` is "чата". */
export const plural = (language: string, n: number, forms: Forms): string => {
  let rule = rules.get(language)
  if (rule === undefined) {
    rule = new Intl.PluralRules(language)
    rules.set(language, rule)
  }
  const form = rule.select(n)
  return (form === "one" || form === "few" || form === "many" ? forms[form] : forms.other) ?? forms.other
}
