# The worker: Node, the Python environment with the trainer, the build. Used by docker-compose.yml.
FROM node:20-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /app /flywheel && chown node:node /app /flywheel
USER node
WORKDIR /app

# An index with a CPU-only torch makes the image 4 GB smaller.
ARG FLYWHEEL_TORCH_INDEX_URL
# The packages first: a changed source does not install them again.
COPY --chown=node:node package.json package-lock.json ./
COPY --chown=node:node scripts scripts
COPY --chown=node:node trainer/requirements.txt trainer/requirements-dev.txt trainer/
RUN node scripts/setup.mjs --no-build && rm -rf ~/.cache ~/.npm

COPY --chown=node:node . .
RUN node scripts/setup.mjs
ENV FLYWHEEL_HOME=/flywheel
CMD ["npx", "flywheel", "worker"]
