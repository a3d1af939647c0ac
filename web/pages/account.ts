// The pages of those who are not signed in, in one file.
export { Home } from "./Home.tsx"
export { Login } from "./Login.tsx"
export { Register } from "./Register.tsx"
