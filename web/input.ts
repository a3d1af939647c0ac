// Whether the user moves by the keyboard now: a field that has the focus anyway shows its ring only then.

export const watchInput = (): void => {
  const root = document.documentElement
  window.addEventListener(
    "keydown",
    ({ key }) => {
      if (key === "Tab" || key === "F6") root.dataset.keys = ""
    },
    true,
  )
  window.addEventListener("pointerdown", () => delete root.dataset.keys, true)
}
