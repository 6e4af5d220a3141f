# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# A server built from Debian's source package of PostgreSQL, for the suites that need one
# which Debian does not ship: with assertions, and known to valgrind.  Sourced
# after provision.sh and count.sh, never run.
#
# Builds are kept, one folder each, below CGAE_CACHE: by default /var/cache/cgae for root
# (whose server runs as another user and has to read it), ~/.cache/cgae for others.  A later
# run with the same options takes what is there; remove the folder for a newer minor version.

server_runner=()
extra_settings=()
if [ "$(id -u)" -eq 0 ]; then
  server_cache=${CGAE_CACHE:-/var/cache/cgae}
else
  server_cache=${CGAE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cgae}
fi

# need COMMAND_OR_FILE PACKAGE...: install the packages when it is not there.
need() {
  command -v "$1" >/dev/null && return
  [ ! -e "$1" ] || return 0
  shift
  say "installing with apt: $*"
  # an index from days ago may name versions that are gone
  apt_update
  apt_install "$@"
}

# source_apt TOOL ARGUMENT...: an apt tool that also knows the source packages of the
# distribution, with lists of its own in $scratch; the machine's configuration stays as it is.
source_apt() {
  local tool=$1
  shift
  "$tool" -o "Dir::Etc::SourceList=$scratch/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o "Dir::State::Lists=$scratch/apt/lists" -o "Dir::Cache=$scratch/apt/cache" \
    -o APT::Sandbox::User=root "$@"
}

# find_source: make these lists, with the mirrors that the machine takes postgresql-$pg_major from.
find_source() {
  local package=postgresql-$pg_major signed
  [ ! -e "$scratch/apt" ] || return 0
  mkdir -p "$scratch/apt/lists/partial" "$scratch/apt/cache/archives/partial"
  [ -n "$(apt-cache madison "$package")" ] || apt_update
  # the keyring that the machine's own entry names, if it names one
  signed=$(apt-get indextargets --format '$(SIGNED_BY)' "Created-By: Packages" | grep -m1 '^/' || true)
  # "package | version | URI suite/component architecture Packages"
  apt-cache madison "$package" | awk -F'|' '$3 ~ / Packages$/ { print $3 }' |
    awk -v "option=${signed:+[signed-by=$signed] }" \
      '{ n = split($2, part, "/"); component = part[n]; sub("/" component "$", "", $2)
         print "deb-src " option $1, $2, component }' | sort -u >"$scratch/apt/sources.list"
  [ -s "$scratch/apt/sources.list" ] || die "apt knows no package $package"
  source_apt apt-get update -qq >"$scratch/apt.log" 2>&1 || {
    tail -n 20 "$scratch/apt.log" >&2
    die "apt-get could not read the lists of source packages"
  }
}

# unpack_source FOLDER: the newest source package of postgresql-$pg_major that can be had, with
# Debian's patches.  (A mirror may know a version before it has its files.)
unpack_source() {
  local version
  find_source
  mkdir -p "$1"
  for version in $(source_apt apt-cache showsrc "postgresql-$pg_major" | sed -n 's/^Version: //p' | sort -urV); do
    if (cd "$1" && source_apt apt-get source -qq "postgresql-$pg_major=$version" >"$scratch/apt.log" 2>&1); then
      echo "$version" >"$1/version"
      return
    fi
  done
  tail -n 20 "$scratch/apt.log" >&2
  die "apt-get could not get the source of postgresql-$pg_major"
}

# build_server NAME CFLAGS [CONFIGURE OPTION...]: set pg_bin to a server of
# major version $pg_major built so; build it unless it is there.
build_server() {
  local name=$1 cflags=$2 folder options began=$SECONDS
  shift 2
  options=(--enable-debug --enable-tap-tests --without-readline --with-icu "$@")
  folder=$server_cache/$name-$pg_major-$(printf '%s\n' "$cflags" "${options[@]}" | sha256sum | cut -c1-8)
  pg_bin=$folder/bin
  mkdir -p "$server_cache"
  exec 9>"$server_cache/lock"
  flock 9                       # somebody else may be building it
  if [ ! -e "$folder/complete" ]; then
    need bison bison flex zlib1g-dev dpkg-dev
    need flex flex
    need /usr/include/zlib.h zlib1g-dev
    need /usr/include/unicode/utypes.h libicu-dev
    need pkg-config pkg-config
    need dpkg-source dpkg-dev
    say "building PostgreSQL $pg_major from source, which takes some 3 minutes: CFLAGS=\"$cflags\" ${options[*]}"
    # of each name the newest is kept
    rm -rf "$server_cache/$name-$pg_major"-*
    unpack_source "$scratch/source"
    if ! compile_server "$folder" "$(echo "$scratch"/source/*/)" "$cflags" "${options[@]}" \
      >"$scratch/server-build.log" 2>&1; then
      tail -n 40 "$scratch/server-build.log" >&2
      die "PostgreSQL could not be built"
    fi
    mv "$scratch/source/version" "$folder/complete"
    rm -rf "$scratch/source"
    say "built in $((SECONDS - began)) s: $folder"
  fi
  exec 9>&-
  say "PostgreSQL $(cat "$folder/complete") in $folder"
}

# build_assertion_server: the one for assertions and valgrind, both of them.
build_assertion_server() {
  need /usr/include/valgrind/memcheck.h valgrind
  build_server assertions '-Og -g -fno-omit-frame-pointer -DUSE_VALGRIND' --enable-cassert
}

# compile_server FOLDER SOURCE CFLAGS OPTION...: what PGXS and the suites use.
compile_server() {
  local folder=$1 source=$2 cflags=$3 part libraries
  shift 3
  mkdir -p "$scratch/server-build"
  cd "$scratch/server-build" || return
  # a compiler with a sanitizer calls configure's test programs leaky
  export ASAN_OPTIONS=detect_leaks=0
  # Debian's patches have libraries in /usr/lib/postgresql, whatever the prefix, unless this names
  # PostgreSQL; the distribution's own server is never to be overwritten
  "$source/configure" -q "--prefix=$folder" "--libdir=$folder/lib/postgresql" "CFLAGS=$cflags" "$@" || return
  # shellcheck disable=SC2016 # for make to expand
  libraries=$(printf 'include src/Makefile.global\nprint:\n\t@echo $(pkglibdir)\n' | make -s -f - top_builddir=. print)
  [ "$libraries" = "$folder/lib/postgresql" ] || {
    echo "it would be installed in $libraries"
    return 1
  }
  # neither ecpg nor the other procedural languages
  for part in src/{common,port,timezone,backend,backend/utils/mb/conversion_procs,backend/snowball} \
    src/{include,interfaces/libpq,backend/replication/libpqwalreceiver,backend/replication/pgoutput,fe_utils,bin} \
    src/{pl/plpgsql,makefiles,test/regress,test/isolation,test/perl} config; do
    nice -n 19 make -s -j2 -C "$part" all || return
    nice -n 19 make -s -C "$part" install || return
  done
  make -s -C src install-local || return       # Makefile.global and others, for PGXS
  cp "$source/src/tools/valgrind.supp" "$folder/share/" || return
  cd / && rm -rf "$scratch/server-build"
}

# as_server COMMAND...: run it as the user that the server runs as, which is never root.
as_server() {
  if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# with_source_server COMMAND...: like with_server, for a server of build_server.  The array
# server_runner, when set, is put before the server (valgrind and its options); settings of
# the suite's own are in the array extra_settings, NAME=VALUE each.
with_source_server() {
  local data=$scratch/data socket=$scratch/socket log=$scratch/server.log setting status=0
  # pgTAP is pure SQL: the distribution's serves every build
  cp -n "/usr/share/postgresql/$pg_major/extension"/pgtap* "$("$pg_bin/pg_config" --sharedir)/extension/"
  server_settings
  export PGHOST=$socket PGPORT=5432 PGUSER=postgres PGPASSWORD=secret PG_CONFIG=$pg_bin/pg_config
  mkdir "$data" "$socket"
  touch "$log"
  [ "$(id -u)" -ne 0 ] || chown postgres "$data" "$socket" "$log"
  as_server "$pg_bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$scratch/initdb.log" 2>&1 || {
    cat "$scratch/initdb.log" >&2
    die "initdb failed"
  }
  for setting in "${settings[@]}" fsync=off "unix_socket_directories=$socket" listen_addresses= \
    'log_line_prefix=%m [%p] %q%d %a ' log_statement=all "${extra_settings[@]}"; do
    printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
  done >>"$data/postgresql.conf"
  trap 'stop_source_server; clean_up' EXIT
  as_server "${server_runner[@]}" "$pg_bin/postgres" -D "$data" >>"$log" 2>&1 &
  # however long that takes, as long as it lives
  for ((i = 0; i < 3000; i++)); do
    "$pg_bin/pg_isready" -q && break
    kill -0 $! 2>/dev/null || break
    sleep 0.2
  done
  "$pg_bin/pg_isready" -q || {
    tail -n 20 "$log" >&2
    die "the server did not start"
  }
  "$@" || status=$?
  stop_source_server
  return "$status"
}

# stop_source_server: unless it is stopped already.
stop_source_server() {
  [ ! -e "$scratch/data/postmaster.pid" ] ||
    as_server "$pg_bin/pg_ctl" -D "$scratch/data" -m fast -w -t 300 stop >/dev/null || true
}

# run_suites [NAME...]: suites and tests, as test/run takes them, on the server of
# with_source_server; counts added up.  AGAIN, with %s for a name, is the command that runs it again.
run_suites() {
  local log=$scratch/here.log good bad
  TMPDIR=$scratch AGAIN=${AGAIN:-} "$root/test/run" --here "$@" 2>&1 | tee "$log" || true
  if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    good=${BASH_REMATCH[1]}
    bad=${BASH_REMATCH[2]}
    passed=$((passed + good))
    failed=$((failed + bad))
  else
    fail "the tests did not run to their end: $*" <"$log"
  fi
}

# count_lines WHAT PATTERN FILE...: each line of the files that matches is a failure; show them.
count_lines() {
  local what=$1 pattern=$2 found
  shift 2
  found=$(cat "$@" 2>/dev/null | grep -cE "$pattern" || true)
  if [ "$found" -gt 0 ]; then
    fail "$what: $found" < <(grep -hE "$pattern" "$@" | sort | uniq -c | sort -rn | head -n 30)
    failed=$((failed + found - 1))
  fi
  say "$what: $found"
}
