# The token endpoint, as `synthflow-call serve` runs it.
#   docker build -t synthflow-token .
#   docker run -p 8787:8787 --env-file .env synthflow-token
FROM node:22-slim AS build
WORKDIR /build
COPY . .
# Installs and builds by itself.
RUN npm pack --pack-destination /

FROM node:22-alpine
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787
WORKDIR /app
COPY --from=build /synthflow-call-*.tgz /tmp/synthflow-call.tgz
RUN npm install --omit=dev --no-audit --no-fund --no-package-lock /tmp/synthflow-call.tgz ioredis@6 rate-limiter-flexible@11 \
  && rm /tmp/synthflow-call.tgz && npm cache clean --force
USER node
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=3s CMD wget -qO- "http://127.0.0.1:$PORT/readyz" || exit 1
# No npm between the signal and the process.
CMD ["node", "node_modules/synthflow-call/dist/cli.js", "serve"]
