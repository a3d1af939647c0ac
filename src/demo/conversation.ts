// The demo's users and their messages.
export interface DemoPerson {
  readonly username: string
  readonly display_name: string
}

export const password = "password123"
export const emailOf = ({ username }: DemoPerson): string => `${username}@example.com`

export const alice: DemoPerson = { username: "alice", display_name: "Alice" }
export const bob: DemoPerson = { username: "bob", display_name: "Bob" }
export const charlie: DemoPerson = { username: "charlie", display_name: "Charlie" }
export const david: DemoPerson = { username: "david", display_name: "David" }
export const people = [alice, bob, charlie, david] as const

export const groupName = "Команда проекта"

export interface Line {
  readonly by: DemoPerson
  readonly text: string
  /** The index of the line that this one answers. */
  readonly answers?: number
}

export const privateLines: ReadonlyArray<Line> = [
  { by: alice, text: "Привет, Боб! Получилось запустить сервер? 🚀" },
  { by: bob, text: "Привет! Да, одной командой — и сразу заработало 😎" },
  { by: alice, text: "Отлично. Тогда зову остальных в «Команду проекта»." },
  { by: bob, text: "Sure, David reads English only, so let's mix languages there 🙂", answers: 2 },
  { by: alice, text: "Договорились 👍" },
]

export const groupLines: ReadonlyArray<Line> = [
  { by: alice, text: "Всем привет! 👋 Здесь обсуждаем запуск." },
  { by: charlie, text: "Привет! Когда показываем первую версию?" },
  { by: david, text: "Hi team! Happy to be here 🎉 What is the plan for this week?" },
  { by: alice, text: "Показ в пятницу, в 15:00. / The demo is on Friday at 3 pm.", answers: 1 },
  { by: bob, text: "I will prepare the slides 📊 and Charlie checks the numbers, ok?" },
  { by: charlie, text: "Ок, цифры за мной ✅", answers: 4 },
  { by: david, text: "Can we try kill -9 during the demo? Nothing acknowledged may be lost 😈" },
  { by: bob, text: "Ещё как! Перезапустим, и всё будет на месте 💪", answers: 6 },
  { by: alice, text: "@charlie, пришлёшь цифры до четверга? Потом @all: репетиция в 12:00." },
  { by: david, text: "Friday at 3 pm works for me 👌", answers: 3 },
]

/** `line`: the index in `groupLines`. */
export const groupReactions: ReadonlyArray<{
  readonly by: DemoPerson
  readonly line: number
  readonly emoji: string
}> = [
  { by: bob, line: 0, emoji: "👋" },
  { by: david, line: 0, emoji: "👋" },
  { by: charlie, line: 0, emoji: "🎉" },
  { by: alice, line: 4, emoji: "👍" },
  { by: bob, line: 6, emoji: "😂" },
]
export const pinned = { by: alice, line: 3 } as const

/** What Bob has begun to write to Alice. */
export const draft = { by: bob, value: { text: "Кстати, про слайды: " } } as const
/** The group is silent for David. */
export const muted = { by: david, value: { level: "none" } } as const
/** Alice sends it to the group a day later. */
export const scheduled = {
  by: alice,
  text: "Доброе утро! Напоминаю про репетицию. / Good morning! The rehearsal is at noon.",
} as const
