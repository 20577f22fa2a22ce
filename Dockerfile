# syntax=docker/dockerfile:1
# The toolchain is that of rust-toolchain.toml; a test holds them together.
FROM rust:1.95.0-slim-trixie AS build
# For OpenSSL, which is built along. Nothing of it gets into the image, so the newest is right.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY bench bench
COPY templates templates
COPY static static
COPY migrations migrations
COPY idp idp
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --profile dist --locked --package latchkey --no-default-features --features vendored-openssl \
    && install -D target/dist/latchkey /image/usr/local/bin/latchkey \
    && install -d /image/data

# No shell and no package manager: the C library, libgcc, certificates, and a user without rights.
FROM gcr.io/distroless/cc-debian13:nonroot
LABEL org.opencontainers.image.title="Latchkey" \
      org.opencontainers.image.description="An OpenID Connect provider in one binary." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY LICENSE /usr/share/doc/latchkey/LICENSE
COPY --from=build /image/usr/local/bin/latchkey /usr/local/bin/latchkey
COPY --from=build --chown=65532:65532 --chmod=0700 /image/data /var/lib/latchkey
# By number, so that Kubernetes sees that it is not root.
USER 65532:65532
WORKDIR /var/lib/latchkey
ENV LATCHKEY__DATA_DIR=/var/lib/latchkey \
    LATCHKEY__HTTP__LISTEN=0.0.0.0:8080
# The only folder that is written to; everything else may be read-only.
VOLUME /var/lib/latchkey
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/latchkey", "health"]
ENTRYPOINT ["/usr/local/bin/latchkey"]
CMD ["serve"]
