# One image for everything but the database: miner, Prefect, Dask, API, explorer.
#   docker compose build
# To take a build of torch without CUDA, name the index that offers one:
#   docker compose build --build-arg PIP_EXTRA_INDEX_URL=...
ARG PYTHON=3.11.13-slim-bookworm

# Layers from what changes least to what changes most: torch, the other pinned packages, our code.
FROM python:${PYTHON} AS build
RUN python -m venv /opt/venv
WORKDIR /build
ARG PIP_EXTRA_INDEX_URL
COPY constraints.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir -c constraints.txt torch
COPY pyproject.toml ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
    > requirements.txt \
    && /opt/venv/bin/pip install --no-cache-dir -c constraints.txt -r requirements.txt
COPY README.md LICENSE ./
COPY config config
COPY pipeline pipeline
COPY serve serve
COPY flows flows
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps -c constraints.txt .

FROM python:${PYTHON} AS runtime
# HOME is a volume's place for Prefect; the static pages of its UI are written where it may write.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PREFECT_HOME=/home/miner/.prefect \
    PREFECT_UI_STATIC_DIRECTORY=/tmp/prefect-ui \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1 \
    HF_HUB_DISABLE_TELEMETRY=1
# Volumes are made with the owner of the folder that they cover.
RUN useradd --create-home --uid 1000 miner \
    && install -d -o miner -g miner /data /catalogue /certificates /home/miner/.prefect
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY prefect.yaml ./
USER miner
HEALTHCHECK --interval=1m --timeout=20s CMD ["microgenres", "--version"]
CMD ["microgenres", "--help"]

# With dask-cuda, which fixes the version of Dask that it works with; for docker-compose.gpu.yml.
FROM build AS build-gpu
RUN /opt/venv/bin/pip install --no-cache-dir \
    "dask-cuda==26.10.0" "dask==2026.7.1" "distributed==2026.7.1" "bokeh==3.9.2"

FROM runtime AS gpu
COPY --from=build-gpu /opt/venv /opt/venv

# What is built when no target is named.
FROM runtime
