// The words of files in Russian.
import type { FileWords } from "./enFiles.ts"
import { isolated } from "./isolated.ts"

export const ruFiles: FileWords = {
  attach: "Прикрепить файлы",
  attached: "Прикреплённые файлы",
  caption: "Добавьте подпись…",
  remove: (name) => `Убрать ${isolated(name)}`,
  asFiles: "Отправить изображения файлами, без изменений",
  notKept: "Слишком много для хранения в браузере: перезагрузка потеряет часть файлов.",
  asFilesHint: "Вместе с данными о том, где и чем они сняты.",
  tooLarge: (most) => `Слишком большой: не больше ${most}`,
  empty: "Пустой",
  drop: "Отпустите файлы, чтобы прикрепить их",
  uploading: (sent, total) => `${sent} из ${total}`,
  waiting: "Ждёт соединения",
  progress: "Загрузка",
  cancel: "Отменить загрузку",
  open: (name) => `Открыть ${isolated(name)}`,
  missing: "Этот файл недоступен.",
  play: "Воспроизвести",
  pause: "Пауза",
  position: "Позиция",
  record: "Записать голосовое сообщение",
  recording: "Запись",
  stopRecording: "Удалить запись",
  sendRecording: "Отправить запись",
  noMicrophone: "Браузер не даёт доступа к микрофону.",

  viewer: {
    title: "Фото и видео",
    count: (n, of) => `${n} из ${of}`,
    previous: "Предыдущее",
    next: "Следующее",
    zoomIn: "Увеличить",
    zoomOut: "Уменьшить",
    save: "Сохранить",
    goTo: "Показать в чате",
  },

  gallery: {
    media: "Медиа",
    kinds: "Вид файлов",
    photo: "Фото",
    video: "Видео",
    file: "Файлы",
    audio: "Аудио",
    voice: "Голосовые",
    none: "Здесь такого пока не отправляли.",
    more: "Показать ещё",
    failed: "Не удалось загрузить файлы.",
  },

  picture: {
    set: "Поставить фото",
    change: "Сменить фото",
    remove: "Убрать фото",
    notAPicture: "Сервер не может прочитать это изображение.",
    uploading: (percent) => `Загрузка: ${percent}`,
  },
}
