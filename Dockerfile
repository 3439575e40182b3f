# The miner and the Dask processes that carry it, in one image.
#   docker build -t micro-genre-miner .
# To take a build of torch without CUDA, name the index that offers one:
#   docker build --build-arg PIP_EXTRA_INDEX_URL=... -t micro-genre-miner .
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1 \
    HF_HUB_DISABLE_TELEMETRY=1

RUN useradd --create-home --uid 1000 miner && install -d -o miner -g miner /data

WORKDIR /app
ARG PIP_EXTRA_INDEX_URL
# By far the largest layer, and the one that changes least.
COPY constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt torch

COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY pipeline pipeline
COPY flows flows
RUN pip install --no-cache-dir -c constraints.txt .

USER miner
WORKDIR /data
CMD ["microgenres", "--help"]
