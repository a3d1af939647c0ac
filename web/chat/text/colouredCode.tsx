// Code as elements with the classes of highlight.js, which knows some 35 languages. Never HTML.
import { common, createLowlight } from "lowlight"
import { createElement, Fragment, type ReactNode } from "react"

const lowlight = createLowlight(common)
type Node = ReturnType<typeof lowlight.highlight>["children"][number]

const element = (node: Node): ReactNode => {
  if (node.type === "text") return node.value
  if (node.type !== "element") return null
  const { className } = node.properties
  return (
    <span className={Array.isArray(className) ? className.join(" ") : undefined}>
      {elements(node.children as ReadonlyArray<Node>)}
    </span>
  )
}

/** Parts that never change places need no keys. */
const elements = (nodes: ReadonlyArray<Node>): ReactNode => createElement(Fragment, null, ...nodes.map(element))

/** undefined: the language is not known. */
export const colouredCode = (text: string, language: string): ReactNode | undefined => {
  const name = language.toLowerCase()
  return lowlight.registered(name) ? elements(lowlight.highlight(name, text).children) : undefined
}
