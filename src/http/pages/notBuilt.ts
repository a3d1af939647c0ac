// Replaces the page until it is built. It has no style and no script, since the page's policy applies here too.
export const notBuilt = (basePath: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <title>Confab</title>
</head>
<body>
  <h1>Confab</h1>
  <p>The server runs. Its pages are not built yet: <code>npm run build</code>, then start again.</p>
  <ul>
    <li><a href="${basePath}/docs">API, to try out</a></li>
    <li><a href="${basePath}/redoc">API, to read</a></li>
    <li><a href="${basePath}/asyncapi">The protocol, to read</a></li>
    <li><a href="${basePath}/openapi.json">openapi.json</a></li>
  </ul>
</body>
</html>
`
