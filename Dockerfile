# syntax=docker/dockerfile:1
# nippo in a container. Two targets:
#   docker build --target cpu -t nippo .          no torch; the starter model is fetched on the first run (1.1 GB)
#   docker build --target gpu -t nippo:gpu .      CUDA libraries from PyPI's wheels, Unsloth, gcc for Triton
# The vault is mounted on /vault; everything nippo keeps lies in /data.
ARG BASE_IMAGE=docker.io/library/python:3.12-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python3 -m venv /opt/nippo
# Dependencies first, from pyproject.toml alone: a changed line of code does not install them again.
COPY pyproject.toml README.md LICENSE ./
RUN python3 -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
    print(*p['dependencies'], *p['optional-dependencies']['starter'], sep='\n')" > /tmp/cpu.txt \
 && /opt/nippo/bin/pip install -r /tmp/cpu.txt
COPY daemon daemon
COPY training training
COPY dashboard dashboard
COPY systemd systemd
COPY data/starter data/starter
RUN /opt/nippo/bin/pip install --no-deps .

FROM build AS build-gpu
RUN /opt/nippo/bin/pip install ".[starter,gpu]"

FROM ${BASE_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="nippo" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.description="A private diary in, a formal daily report out, on your own machine" \
      org.opencontainers.image.licenses="Apache-2.0"
# tini is PID 1: it passes signals on and collects children that have ended. llama.cpp needs libgomp, TZ the zones.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini libgomp1 tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 --create-home nippo \
 && install -d -m 1777 /data /vault
ENV HOME=/data PATH=/opt/nippo/bin:$PATH PYTHONUTF8=1 PYTHONUNBUFFERED=1 \
    NIPPO_VAULT__PATH=/vault NIPPO_DATA__FOLDER=/data NIPPO_CACHE=/data/cache
WORKDIR /data
VOLUME /data
# READY may take the first download; later a scan of a few seconds.
HEALTHCHECK --interval=60s --timeout=10s --start-period=15m CMD ["nippo", "status"]
ENTRYPOINT ["tini", "--", "nippo"]
CMD ["run"]

FROM runtime AS cpu
COPY --from=build /opt/nippo /opt/nippo
USER nippo

FROM runtime AS gpu
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev python3-dev \
 && rm -rf /var/lib/apt/lists/*
# The container toolkit mounts the driver; CUDA itself comes with torch's wheels.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    HF_HOME=/data/cache/huggingface TRITON_CACHE_DIR=/data/cache/triton UNSLOTH_COMPILE_LOCATION=/data/cache/unsloth \
    UNSLOTH_DISABLE_STATISTICS=1 HF_HUB_DISABLE_TELEMETRY=1
COPY --from=build-gpu /opt/nippo /opt/nippo
USER nippo
