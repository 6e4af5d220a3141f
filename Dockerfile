# cgae in the official PostgreSQL image:
#
#   docker build --build-arg PG_MAJOR=15 -t postgres-cgae .
#   docker run -e POSTGRES_PASSWORD=... postgres-cgae        then CREATE EXTENSION cgae
#
# Both stages are Debian bookworm.  The tests have no registry of images, so test/long.d/package runs
# the RUN lines on Debian itself, and makes a registry from what they leave below /out.
ARG PG_MAJOR=15

FROM postgres:${PG_MAJOR}-bookworm AS build
ARG PG_MAJOR
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libssl-dev make postgresql-server-dev-${PG_MAJOR}
COPY . /src
RUN make -C /src -j"$(nproc)" PG_CONFIG=/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config
RUN make -C /src install PG_CONFIG=/usr/lib/postgresql/${PG_MAJOR}/bin/pg_config DESTDIR=/out

# OpenSSL's library is there already: the server needs it too.
FROM postgres:${PG_MAJOR}-bookworm
COPY --from=build /out/ /
