// The words of reactions, of the emoji picker, and of writing and reading texts in Russian.
import type { TextWords } from "./enTexts.ts"
import { plural } from "./plural.ts"

const count = (n: number, one: string, few: string, many: string) =>
  `${n.toLocaleString("ru")} ${plural("ru", n, { one, few, many, other: few })}`

export const ruTexts: TextWords = {
  reactions: {
    title: "Реакции",
    add: (emoji) => `Ответить реакцией ${emoji}`,
    remove: (emoji) => `Убрать ${emoji}`,
    more: "Выбрать эмодзи",
    pill: (emoji, n, mine) =>
      `${emoji}, ${count(n, "реакция", "реакции", "реакций")}${mine ? ", одна из них ваша" : ""}`,
    who: "Кто отреагировал",
    all: "Все",
    none: "На это больше никто не реагирует",
    loadMore: "Показать ещё",
    tooMany: "На этом сообщении уже столько разных эмодзи, сколько возможно.",
  },

  picker: {
    title: "Эмодзи",
    search: "Поиск эмодзи",
    loading: "Эмодзи загружаются…",
    failed: "Не удалось загрузить эмодзи.",
    none: "Нет эмодзи с таким названием",
    recent: "Недавние",
    skinTone: "Изменить тон кожи",
    groups: [
      "Смайлики",
      "Люди",
      "",
      "Животные и природа",
      "Еда и напитки",
      "Путешествия и места",
      "Занятия",
      "Предметы",
      "Символы",
      "Флаги",
    ],
    tones: {
      light: "светлый",
      "medium-light": "светлее среднего",
      medium: "средний",
      "medium-dark": "темнее среднего",
      dark: "тёмный",
    },
  },

  text: {
    copyCode: "Скопировать код",
    code: "код",
    hidden: "Скрытый текст. Показать",
  },

  compose: {
    emoji: "Эмодзи",
    emojiFound: "Эмодзи с таким названием",
    peopleFound: "Кого упомянуть",
    everyone: "Все в этой группе",
    outside: "не в этом чате",
    found: (n) => count(n, "вариант", "варианта", "вариантов"),
  },

  mentions: {
    next: (n) =>
      `К следующему упоминанию: ${count(n, "непрочитанное упоминание", "непрочитанных упоминания", "непрочитанных упоминаний")}`,
  },
}
