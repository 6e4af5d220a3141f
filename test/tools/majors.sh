# shellcheck shell=bash
# PostgreSQL's newer majors from Debian's newer distributions, for test/long.d/majors and
# test/long.d/upgrade: sourced after provision.sh, never run.
#
# Each distribution is unpacked into a folder of its own, a tree, by mmdebstrap, from the mirror
# that this machine has its own packages from.  Neither the machine's packages nor its sources
# change.  Trees are kept below CGAE_CACHE (by default /var/cache/cgae for root, ~/.cache/cgae
# for others) and never written to: what runs in one, runs in a throw-away overlay.
#
# Needs root (or sudo): trees are entered with chroot, in mount and process namespaces.

# root and scratch are provision.sh's
# shellcheck disable=SC2154

# Where Debian has which major.
suite_of() {
  case $1 in
    15) echo bookworm ;;
    17) echo trixie ;;
    18) echo forky ;;
    *) die "in no distribution that is known here: PostgreSQL $1" ;;
  esac
}

if [ "$(id -u)" -eq 0 ]; then
  tree_cache=${CGAE_CACHE:-/var/cache/cgae}/trees
else
  tree_cache=${CGAE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cgae}/trees
fi

# debian_mirror: the address of Debian's archive in apt's own configuration.
debian_mirror() {
  # shellcheck disable=SC2016 # for apt to expand
  local format='$(LABEL) $(SITE)'
  { apt-get indextargets --format "$format" 'Created-By: Packages' || true; } |
    sed -n 's/^Debian //p' | sort -u | head -n 1
}

# need_tree_tools: what makes and enters trees.
need_tree_tools() {
  command -v apt-get >/dev/null || die "there is no apt-get here"
  may_be_root || die "not root and no sudo: trees of other distributions need it"
  if ! command -v mmdebstrap >/dev/null || [ -z "$(debian_mirror)" ]; then
    apt_update
    command -v mmdebstrap >/dev/null || { say "installing with apt: mmdebstrap"; apt_install mmdebstrap; }
  fi
  [ -n "$(debian_mirror)" ] || die "apt's sources name no Debian archive"
}

tree_of() { echo "$tree_cache/$(suite_of "$1")"; }

# own_archives: what this machine itself installs from, as lines of sources.list.
own_archives() {
  # shellcheck disable=SC2016 # for apt to expand
  local format='$(ORIGIN) deb $(SITE) $(RELEASE) $(COMPONENT)'
  apt-get indextargets --format "$format" 'Created-By: Packages' | sed -n 's/^Debian //p' | sort -u
}

# make_tree MAJOR: see that the tree of a major is there with all that the tests need.  The server
# of 15 is in each, beside the tree's own, as pg_upgrade wants it: this machine's, to the minor
# version, since an extension that was built for one may not load into an older one.
make_tree() {
  local major=$1 suite tree mirror proxy option wanted archives options=()
  suite=$(suite_of "$major")
  tree=$(tree_of "$major")
  as_root mkdir -p "$tree_cache"
  exec 8<"$tree_cache"
  flock 8 # somebody else may be making it
  if [ ! -d "$tree" ] || [ -n "$(missing_tree_packages "$major" "$tree")" ]; then
    mirror=$(debian_mirror)
    mapfile -t wanted < <(missing_tree_packages "$major" /nowhere)
    mapfile -t archives < <(own_archives)
    for option in http https; do
      proxy=$(apt-config shell proxy "Acquire::$option::Proxy" | sed "s/^proxy='\(.*\)'$/\1/")
      [ -z "$proxy" ] || options+=("--aptopt=Acquire::$option::Proxy \"$proxy\"")
    done
    say "unpacking $suite from $mirror into $tree, which takes a minute or two"
    as_root rm -rf --one-file-system "$tree" "$tree.new"
    # in a namespace of its own, so that no mount outlives it; a mirror may be a frozen one,
    # whose indexes are signed all the same
    # shellcheck disable=SC2016 # for mmdebstrap's shell to expand
    if ! as_root env DEBIAN_FRONTEND=noninteractive unshare --mount --pid --fork --kill-child --mount-proc mmdebstrap --mode=root --variant=minbase \
      --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
      --aptopt='Acquire::Retries "3"' --dpkgopt=force-unsafe-io "--dpkgopt=path-exclude=/usr/share/doc/*" "--dpkgopt=path-exclude=/usr/share/man/*" \
      "${options[@]}" --include="$(IFS=,; echo "${wanted[*]}")" \
      --essential-hook='mkdir -p "$1/etc/postgresql-common/createcluster.d" && echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.d/cgae.conf"' \
      "$suite" "$tree.new" "deb $mirror $suite main" "${archives[@]}" >"$scratch/$suite.log" 2>&1; then
      tail -n 20 "$scratch/$suite.log" >&2
      as_root rm -rf --one-file-system "$tree.new"
      exec 8<&-
      die "mmdebstrap could not unpack $suite"
    fi
    as_root mv "$tree.new" "$tree"
  fi
  exec 8<&-
}

# old_server [TREE]: version of the package of 15 there.
old_server() { dpkg-query "--admindir=${1:-}/var/lib/dpkg" -W -f '${Version}' postgresql-15 2>/dev/null || true; }

# missing_tree_packages MAJOR TREE: what missing_packages says, and the old server.
missing_tree_packages() {
  missing_packages "$1" "$2"
  if [ -z "$(old_server "$2")" ] || [ "$(old_server "$2")" != "$(old_server)" ]; then echo postgresql-15; fi
}

# in_tree MAJOR COMMAND...: run it as root in a throw-away copy of the tree, where $root is the
# source tree, read-only, and $scratch the scratch folder.  It sees its own processes only, and
# they end with it.
in_tree() {
  local tree
  tree=$(tree_of "$1")
  shift
  # shellcheck disable=SC2016 # for the inner shell to expand
  as_root unshare --mount --pid --ipc --fork --kill-child bash -euc '
    tree=$1 source=$2 scratch=$3
    shift 3
    mount --make-rprivate /
    view=$scratch/view
    mkdir -p "$view"
    mount -t tmpfs -o mode=755 tmpfs "$view"
    mkdir "$view/upper" "$view/work" "$view/root"
    mount -t overlay -o "lowerdir=$tree,upperdir=$view/upper,workdir=$view/work" overlay "$view/root"
    to=$view/root
    mount -t proc proc "$to/proc"
    mount --rbind /dev "$to/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$to/dev/shm"
    mkdir -p "$to$source" "$to$scratch"
    mount --bind "$source" "$to$source"
    mount -o remount,bind,ro "$to$source"
    mount --bind "$scratch" "$to$scratch"
    exec chroot "$to" env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' \
    in_tree "$tree" "$root" "$scratch" "$@"
}
