// The words of what one does with messages in Russian.
import type { MessageWords } from "./enMessages.ts"
import { isolated } from "./isolated.ts"
import { plural } from "./plural.ts"

const count = (n: number, one: string, few: string, many: string) =>
  `${n.toLocaleString("ru")} ${plural("ru", n, { one, few, many, other: few })}`
const messages = (n: number) => count(n, "сообщение", "сообщения", "сообщений")

export const ruMessages: MessageWords = {
  pins: {
    pin: "Закрепить",
    unpin: "Открепить",
    bar: "Закреплённые сообщения",
    title: (n) => count(n, "закреплённое сообщение", "закреплённых сообщения", "закреплённых сообщений"),
    one: "Закреплённое сообщение",
    place: (n, of) => `Закреплённое сообщение ${n} из ${of}`,
    all: "Все закреплённые сообщения",
    go: "К закреплённому сообщению",
    by: (name, when) => `${isolated(name)} — закреплено ${when}`,
    unpinOne: (text) => `Открепить: ${text}`,
    none: "Здесь ничего не закреплено",
    tooMany: "В чате может быть не больше 50 закреплённых сообщений.",
  },

  forward: {
    forward: "Переслать",
    title: (n) => (n === 1 ? "Переслать…" : `Переслать ${messages(n)}…`),
    search: "Поиск чатов",
    none: "Нет чата с таким названием",
    sending: (done, of) => `${done} из ${of}…`,
    done: (n, name) =>
      n === 1 ? `Переслано в чат «${isolated(name)}»` : `Переслано в чат «${isolated(name)}»: ${messages(n)}`,
    doneAll: (n, chats) => `Переслано${n === 1 ? "" : ` ${messages(n)}`} в ${count(chats, "чат", "чата", "чатов")}`,
    choose: (name) => `Выбрать: ${isolated(name)}`,
    toChats: (n) => `Переслать в ${count(n, "чат", "чата", "чатов")}`,
    failed: (name, reason) => `Переслано не всё в чат «${isolated(name)}»: ${reason}`,
    original: "Показать оригинал",
    partly: (done, of) => `Переслано ${done} из ${of}.`,
  },

  select: {
    select: "Выбрать",
    bar: "Выбранные сообщения",
    count: (n) => (n === 0 ? "Выберите сообщения" : `Выбрано: ${n.toLocaleString("ru")}`),
    one: (about) => `Выбрать: ${about}`,
    copy: "Скопировать",
    stop: "Отменить выбор",
    most: (n) => `Не больше ${n} сообщений за раз.`,
    deleteTitle: (n) => `Удалить ${messages(n)}?`,
    deleteText: "Они исчезнут у всех участников чата.",
  },

  thread: {
    open: "Ветка ответов",
    reply: "Ответить в ветке",
    title: "Ветка",
    close: "Закрыть ветку",
    count: (n, atLeast = false) =>
      atLeast ? `${n.toLocaleString("ru")}+ ответов` : count(n, "ответ", "ответа", "ответов"),
    none: "Ответов пока нет",
    earlier: "Более ранние ответы",
    replies: "Ответы",
    label: "Сообщение в ветке",
    placeholder: "Ответить…",
    gone: "Эта ветка недоступна.",
  },

  history: {
    open: "История изменений",
    now: "сейчас",
    none: "Прежние тексты не сохранились.",
  },

  dates: {
    title: "Перейти к дате",
    day: "День",
    go: "Перейти",
    open: (day) => `${day}: перейти к дате`,
  },

  info: {
    close: "Закрыть сведения о чате",
    members: "Люди",
    pins: "Закреплено",
    links: "Ссылки",
    noLinks: "В просмотренных сообщениях нет ссылок",
    further: "Искать дальше в прошлом",
    inMessage: (name, when) => `${isolated(name)}, ${when}`,
    showLink: (link) => `Показать ${link} в чате`,
  },

  tools: {
    bar: "Быстрые действия",
    more: "Ещё действия",
  },
}
