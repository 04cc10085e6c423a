# syntax=docker/dockerfile:1
#
#   docker build --tag partner-service:0.1.0 .
#   docker run --publish 127.0.0.1:50051:50051 --volume partner-data:/data --env PARTNER_INSECURE=true partner-service:0.1.0
#
# The image serves beyond loopback, as a container has to, and so asks for TLS and tokens, or for being told that
# neither is meant, as above.

ARG RUST_VERSION=1.95

FROM rust:${RUST_VERSION}-bookworm AS build
WORKDIR /source
# All that cargo needs; tests/data has what "demo" loads.
COPY Cargo.toml Cargo.lock build.rs ./
COPY proto proto
COPY src src
COPY tests/data tests/data
# The caches outlive the layer, the binary and an empty data folder leave it.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/source/target,sharing=locked \
    cargo build --locked --release --bin partner-service \
    && install -D --mode=0755 target/release/partner-service /image/usr/local/bin/partner-service \
    && install --directory --mode=0750 --owner=65532 --group=65532 /image/data

# The same Debian as above, for its C library; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="partner-service" \
      org.opencontainers.image.description="Partner relationships between organisations' accounts, over gRPC." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build --chown=0:0 /image/usr/local/bin/partner-service /usr/local/bin/partner-service
COPY --from=build --chown=65532:65532 /image/data /data
ENV PARTNER_LISTEN=0.0.0.0:50051 \
    PARTNER_DATA_DIR=/data
USER 65532:65532
WORKDIR /
VOLUME ["/data"]
EXPOSE 50051 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["/usr/local/bin/partner-service", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/partner-service"]
