# The portal's image: web by default; worker, clock and release by another command. No root, no write to the image.
# docker build --tag onboarding-portal .

FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY manage.py ./
COPY onboarding_portal onboarding_portal
COPY templates templates
COPY static static
# Collecting needs settings to load, not to be true.
RUN SECRET_KEY=x PORTAL_URL=https://x.example EV_ENERGY_API_URL=https://x.example EV_ENERGY_TOKEN_URL=https://x.example \
    EV_ENERGY_CLIENT_ID=x EV_ENERGY_CLIENT_SECRET=x /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -m compileall -q onboarding_portal

FROM build AS build-sandbox
COPY requirements-demo.txt ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements-demo.txt

FROM python:3.12-slim AS runtime
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin portal \
    && install --directory --owner portal /state
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8000
COPY --from=build /app /app
USER 10001

# ev.energy's stand-in, for compose.yaml.
FROM runtime AS sandbox
COPY --from=build-sandbox /venv /venv
CMD ["python", "manage.py", "sandbox"]

FROM runtime AS portal
COPY --from=build /venv /venv
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["gunicorn", "onboarding_portal.wsgi", "--config", "python:onboarding_portal.gunicorn_config", "--threads", "4", "--timeout", "30", "--graceful-timeout", "9", "--max-requests", "2000", "--max-requests-jitter", "200", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
