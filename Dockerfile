# One image for all services except the database: miner, Prefect, Dask, API, explorer.
#   docker compose build
# For a build of torch without CUDA, give the package index that has one:
#   docker compose build --build-arg PIP_EXTRA_INDEX_URL=...
ARG PYTHON=3.11.13-slim-bookworm

# Layers that change rarely come first: torch, then the other pinned packages, then our code.
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
COPY microgenres microgenres
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps -c constraints.txt .

FROM python:${PYTHON} AS runtime
# Prefect stores its data below PREFECT_HOME, and needs a writable folder for the pages of its UI.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PREFECT_HOME=/home/miner/.prefect \
    PREFECT_UI_STATIC_DIRECTORY=/tmp/prefect-ui \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1 \
    HF_HUB_DISABLE_TELEMETRY=1
# A new volume gets the owner of the folder at its mount point.
RUN useradd --create-home --uid 1000 miner \
    && install -d -o miner -g miner /data /catalogue /certificates /home/miner/.prefect
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY prefect.yaml ./
USER miner
HEALTHCHECK --interval=1m --timeout=20s CMD ["microgenres", "--version"]
CMD ["microgenres", "--help"]

# For docker-compose.gpu.yml: with dask-cuda, and the version of Dask that it needs.
FROM build AS build-gpu
RUN /opt/venv/bin/pip install --no-cache-dir \
    "dask-cuda==26.10.0" "dask==2026.7.1" "distributed==2026.7.1" "bokeh==3.9.2"

FROM runtime AS gpu
COPY --from=build-gpu /opt/venv /opt/venv

# The default target.
FROM runtime
