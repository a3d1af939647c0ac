# syntax=docker/dockerfile:1
# Three stages: the page is built with all packages, the server runs with the production ones only.
# Everything comes from package-lock.json, and no package runs a script at its installation (.npmrc); the base is the release of Node that
# scripts/node/26 names.
ARG NODE=26.10.0

FROM node:${NODE}-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
COPY web ./web
RUN rm -rf web/dist && node scripts/build-page.ts

FROM node:${NODE}-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

FROM node:${NODE}-slim
LABEL org.opencontainers.image.title="Confab" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=packages /app/node_modules ./node_modules
COPY --from=page /app/web/dist ./web/dist
COPY src ./src
# The operator's command: docker compose exec app confab --help.
RUN printf '#!/bin/sh\nexec node /app/src/cli.ts "$@"\n' > /usr/local/bin/confab && chmod 755 /usr/local/bin/confab
# The only place it writes to, besides /tmp: the file system may be read-only.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
