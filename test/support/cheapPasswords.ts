// Preloaded into each server under test: passwords are real argon2id hashes, but nearly free, since tests sign up and log in thousands
// of times. What a hash must cost is tested in test/security/passwords.test.ts.
import argon2 from "argon2"

const cheap = { memoryCost: 8, timeCost: 1, parallelism: 1 } as const
const { hash, needsRehash } = argon2
Object.assign(argon2, {
  hash: (password: string, options: object) => hash(password, { ...options, ...cheap }),
  needsRehash: (digest: string, options: object) => needsRehash(digest, { ...options, ...cheap }),
})
