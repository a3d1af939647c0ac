// Who may create an account on this server.
import { useEffect, useState } from "react"
import type { Service } from "../../src/contract/ServiceApi.ts"
import { at } from "../base.ts"

export type SignUpMode = Service["sign_up"]

let asked: Promise<SignUpMode> | undefined

const ask = async (): Promise<SignUpMode> => {
  const answer = await fetch(at("/service"))
  if (!answer.ok) throw new Error(`GET /service: ${answer.status}`)
  const { sign_up }: Service = await answer.json()
  return sign_up
}

/** undefined: not known yet. If the server does not answer, the form is shown: the server decides anyway. */
export const useSignUp = (): SignUpMode | undefined => {
  const [mode, setMode] = useState<SignUpMode>()
  useEffect(() => {
    let current = true
    asked ??= ask().catch((): SignUpMode => {
      asked = undefined
      return "open"
    })
    asked.then((known) => current && setMode(known))
    return () => {
      current = false
    }
  }, [])
  return mode
}
