// The page's words in Russian.
import type { Words } from "./en.ts"
import { plural } from "./plural.ts"
import { ruConversations } from "./ruConversations.ts"

const count = (n: number, one: string, few: string, many: string) =>
  `${n.toLocaleString("ru")} ${plural("ru", n, { one, few, many, other: few })}`

export const ru: Words = {
  skip: "К содержанию",
  back: "Назад",
  cancel: "Отмена",
  close: "Закрыть",
  save: "Сохранить",
  saved: "Сохранено",
  retry: "Повторить",
  loading: "Загрузка…",
  somethingWrong: "Что-то пошло не так. Попробуйте ещё раз.",
  offlineError: "Нет связи с сервером. Попробуйте ещё раз.",
  unavailable: "Сервер сейчас не может этого сделать. Попробуйте ещё раз.",
  notAllowed: "Ваша роль в группе этого не позволяет.",
  chatFull: "В группе больше нет места.",
  tooMany: (seconds) => `Слишком много попыток. Повторите через ${count(seconds, "секунду", "секунды", "секунд")}.`,

  settings: {
    theme: "Тема",
    themeAuto: "Системная",
    themeLight: "Светлая",
    themeDark: "Тёмная",
    language: "Язык",
    sound: "Звук",
    notifications: "Уведомления",
    offer: "Сообщать о новых сообщениях, когда вы смотрите не сюда?",
    offerYes: "Включить уведомления",
    offerNo: "Не сейчас",
    notificationsDenied: "Браузер не разрешает уведомления для этой страницы.",
    toLight: "Включить светлую тему",
    toDark: "Включить тёмную тему",
  },

  ...ruConversations,

  connection: {
    connecting: "Соединение…",
    offline: "Нет связи. Сообщения уйдут, когда она вернётся.",
    offlineStart: "Нет связи с сервером. Confab откроется, когда она вернётся.",
    waiting: (n) => count(n, "сообщение ждёт", "сообщения ждут", "сообщений ждут"),
    foreignOrigin: (page) =>
      `Сервер не считает ${page} своим адресом и не принимает соединение. Тот, кто его обслуживает, должен задать TRUST_PROXY или ` +
      "CORS_ORIGINS; подробности в журнале сервера.",
    tooManySockets: "Confab открыт в слишком многих местах. Закройте часть окон и обновите страницу.",
  },

  time: {
    now: "только что",
    minutes: (n) => `${count(n, "минуту", "минуты", "минут")} назад`,
    at: (day, time) => `${day} в ${time}`,
  },
}
