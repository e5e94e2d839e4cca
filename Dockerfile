# Ringfence, as an ordinary user. The local sandbox needs namespaces of its own inside the container:
#   docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined ...
# Without them the app says so, and runs code at a hosted provider only. docs/deployment.md has the whole story.
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 10001 ringfence && install -d -o ringfence /data
COPY --from=build /venv /venv
WORKDIR /app
COPY pyproject.toml README.md LICENSE app.py ./
COPY .streamlit .streamlit
COPY agent_core agent_core
COPY components components
COPY pages pages
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER ringfence
ENV PATH=/venv/bin:$PATH RINGFENCE_HOME=/data RINGFENCE_LOGS=json PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
# Docker waits this long between the signal to end and the kill; turns are stopped and sandboxes closed meanwhile.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.headless", "true", "--server.address", "0.0.0.0", "--server.port", "8501"]
