# One image for every process: serve (default), worker, twin, migrate, tenants, keys …
FROM python:3.13-slim

# Certificates: the HTTP client trusts the system's store.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin kontor \
    && install --directory --owner=kontor --mode=0700 /data /keys

WORKDIR /src
COPY pyproject.toml constraints.txt ./
COPY gateway gateway
COPY connectors connectors
COPY schemas schemas
COPY openapi openapi
COPY sandbox sandbox
RUN pip install --no-cache-dir --constraint constraints.txt . && rm -rf /src/build

USER kontor
WORKDIR /data
ENV KONTOR_DATA_DIR=/data KONTOR_HOST=0.0.0.0 PYTHONUNBUFFERED=1
EXPOSE 8080
VOLUME ["/data"]
ENTRYPOINT ["kontor"]
CMD ["serve"]
