# shellcheck shell=bash
# Shared by demo/run and test/run: install what is missing, build into a scratch
# folder, start a throw-away server that sees that build.  Sourced, never run.
#
# Nothing but the missing Debian packages ever reaches the system: the build is
# installed below the scratch folder and the server is told to look there.
#
# Sets: root (the source tree), scratch (removed at exit), pg_major, pg_bin.
# May be set: server_options, more settings (name=value) for the throw-away server.
# Environment: PG_MAJOR, the server's major version (default: the newest installed,
# else the distribution's); KEEP=1 keeps the scratch folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pg_major=
pg_bin=
scratch=
server_options=()

say() { printf '==> %s\n' "$*"; }
die() { printf '%s: %s\n' "$0" "$*" >&2; exit 1; }

# as_root COMMAND...: run it as root, through sudo when we are somebody else.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# may_be_root: true when as_root can succeed (perhaps after asking for a password).
may_be_root() {
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null || [ -t 0 ]
}

newest_installed_major() {
  local server
  for server in /usr/lib/postgresql/*/bin/postgres; do
    if [ -x "$server" ]; then basename "${server%/bin/postgres}"; fi
  done | sort -n | tail -1
}

# The major version that the distribution's package "postgresql" stands for; nothing when
# apt does not know it (yet).
distribution_major() {
  { apt-cache depends --important postgresql 2>/dev/null || true; } |
    sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p'
}

# missing_packages MAJOR [TREE]: the Debian packages of which a needed file is not there; in a
# tree of another distribution's, as test/tools/majors.sh makes, when one is named.
# Files are what counts, so that tools installed in another way are good enough.
missing_packages() {
  local major=$1 tree=${2:-} lib=${2:-}/usr/lib/postgresql/$1
  local share=$tree/usr/share/postgresql/$major
  has_command() {
    if [ -n "$tree" ]; then [ -e "$tree/usr/bin/$1" ]; else command -v "$1" >/dev/null; fi
  }
  has_command make || echo make
  has_command gcc || echo gcc
  [ -e "$tree/usr/include/stdlib.h" ] || echo libc6-dev
  [ -e "$tree/usr/include/openssl/evp.h" ] || echo libssl-dev
  has_command perl || echo perl
  [ -e "$tree/usr/share/perl5/IPC/Run.pm" ] || echo libipc-run-perl
  has_command python3 || echo python3
  compgen -G "$tree/usr/lib/*/faketime/libfaketime.so.1" >/dev/null || echo faketime
  has_command pg_virtualenv || echo postgresql-common
  [ -x "$lib/bin/postgres" ] || echo "postgresql-$major"
  [ -x "$lib/bin/psql" ] || echo "postgresql-client-$major"
  [ -e "$tree/usr/include/postgresql/$major/server/postgres.h" ] ||
    echo "postgresql-server-dev-$major"
  [ -e "$share/extension/pgtap.control" ] || echo "postgresql-$major-pgtap"
  [ -e "$share/extension/pg_cron.control" ] || echo "postgresql-$major-cron"
  has_command pg_prove || echo libtap-parser-sourcehandler-pgtap-perl
}

# Installing a server package makes and starts a cluster "main" by default; nobody
# asked for one, so switch that off for as long as we install.
no_main_cluster=/etc/postgresql-common/createcluster.d/cgae-no-main-cluster.conf

apt_install() {
  local status=0 made=
  [ -d "${no_main_cluster%/*}" ] || { as_root mkdir -p "${no_main_cluster%/*}" && made=1; }
  echo 'create_main_cluster = false' | as_root tee "$no_main_cluster" >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -qq -y --no-install-recommends "$@" \
    >"$scratch/apt.log" 2>&1 || status=$?
  as_root rm -f "$no_main_cluster"
  [ -z "$made" ] || as_root rmdir --ignore-fail-on-non-empty "${no_main_cluster%/*}"
  if [ "$status" -ne 0 ]; then
    tail -n 20 "$scratch/apt.log" >&2
    die "apt-get could not install: $*"
  fi
}

apt_update() {
  say "apt-get update"
  as_root apt-get -o DPkg::Lock::Timeout=600 update -qq >"$scratch/apt.log" 2>&1 || {
    tail -n 20 "$scratch/apt.log" >&2
    die "apt-get update failed"
  }
}

# provision: see that everything needed is installed, and set pg_major and pg_bin.
provision() {
  local missing
  pg_major=${PG_MAJOR:-$(newest_installed_major)}
  if [ -z "$pg_major" ] || [ -n "$(missing_packages "$pg_major")" ]; then
    command -v apt-get >/dev/null ||
      die "packages are missing and there is no apt-get here: see README.md, Install"
    if ! may_be_root; then
      pg_major=${pg_major:-$(distribution_major)}
      pg_major=${pg_major:-15}
      # shellcheck disable=SC2046 # one word a package
      die "not root and no sudo; as root run: apt-get install" $(missing_packages "$pg_major")
    fi
    apt_update
    pg_major=${pg_major:-$(distribution_major)}
    [ -n "$pg_major" ] || die "apt knows no package \"postgresql\"; set PG_MAJOR to the version to use"
    mapfile -t missing < <(missing_packages "$pg_major")
    say "installing with apt: ${missing[*]}"
    apt_install "${missing[@]}"
    mapfile -t missing < <(missing_packages "$pg_major")
    [ ${#missing[@]} -eq 0 ] || die "still missing after apt-get install: ${missing[*]}"
  fi
  pg_bin=/usr/lib/postgresql/$pg_major/bin
}

# make_scratch: the folder for everything generated.  The server may run as another
# user (postgres, when we are root) and has to read it.
make_scratch() {
  umask 022
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/cgae.XXXXXX")
  chmod 755 "$scratch"
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

clean_up() {
  if [ -e "$no_main_cluster" ]; then as_root rm -f "$no_main_cluster"; fi
  if [ -n "${KEEP:-}" ]; then say "kept: $scratch" >&2; else rm -rf "$scratch"; fi
}

# build [MAKE ARGUMENT...]: compile in $scratch/build, install below $scratch/install.
build() {
  say "building for PostgreSQL $pg_major in $scratch/build"
  mkdir -p "$scratch/build" "$scratch/install"
  local make=(make -s -C "$scratch/build" -f "$root/Makefile" "VPATH=$root" "PG_CONFIG=$pg_bin/pg_config" "$@")
  if ! { "${make[@]}" -j "$(nproc)" && "${make[@]}" install "DESTDIR=$scratch/install"; } \
    >"$scratch/build.log" 2>&1; then
    cat "$scratch/build.log" >&2
    die "the build failed"
  fi
}

# server_settings: set the array settings to what a server needs to find the extension in
# $scratch/install, NAME=VALUE each, and to what the caller set in the array server_options;
# and write it into a file, TEMP_CONFIG, since servers that the TAP tests start themselves need
# the same.
server_settings() {
  local destdir=$scratch/install sample setting
  sample=$("$pg_bin/pg_config" --sharedir)/postgresql.conf.sample
  settings=(
    "dynamic_library_path=$destdir$("$pg_bin/pg_config" --pkglibdir):\$libdir"
    max_prepared_transactions=10
    full_page_writes=off
    ${server_options[@]+"${server_options[@]}"}
  )
  # Debian's servers up to 17 have extension_destdir; PostgreSQL 18 brought its own setting.
  if grep -q extension_control_path "$sample"; then
    settings+=("extension_control_path=$destdir$("$pg_bin/pg_config" --sharedir):\$system")
  elif grep -q extension_destdir "$sample"; then
    settings+=("extension_destdir=$destdir")
  else
    die "this PostgreSQL $pg_major can load extensions from its own folders only: make install," \
      "then run test/run --here against a server of yours"
  fi
  export TEMP_CONFIG=$scratch/server.conf
  for setting in "${settings[@]}"; do
    printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
  done >"$TEMP_CONFIG"
  # Settings of the caller's own server would only mislead.
  unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGSERVICE PGOPTIONS
}

# with_server COMMAND...: run it with PGHOST, PGPORT, PGUSER, PGPASSWORD and PG_CONFIG of a
# throw-away server that finds the extension in $scratch/install.
with_server() {
  local arguments=(-t -v "$pg_major" -c '--locale=C.UTF-8 --encoding=UTF8') setting attempt status=0
  local begun=$scratch/server-begun
  server_settings
  for setting in "${settings[@]}"; do
    arguments+=(-o "$setting")
  done
  rm -f "$begun"
  # another one that is made at the same moment may have taken its port
  for attempt in 1 2 3; do
    status=0
    # shellcheck disable=SC2016 # for the inner shell to expand
    pg_virtualenv "${arguments[@]}" sh -c ': >"$0" && exec "$@"' "$begun" "$@" || status=$?
    [ ! -e "$begun" ] || break
    say "the server did not start, attempt $attempt"
  done
  return "$status"
}
