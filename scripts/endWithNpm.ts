// Preloaded by `npm start`. npm passes SIGTERM and SIGINT on to the server; when npm itself is killed with -9, the server would stay
// behind without a parent. So it ends then as after a SIGTERM.
const npm = process.ppid

const watch = setInterval(() => {
  if (process.ppid === npm) return
  clearInterval(watch)
  process.kill(process.pid, "SIGTERM")
}, 500)
watch.unref()
