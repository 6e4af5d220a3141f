# shellcheck shell=bash disable=SC2154
# A throw-away view of this machine, for tests that install packages: sourced after
# provision.sh, never run.
#
# in_throwaway_root COMMAND...: run it as root where the whole file system is a copy that is
# written in memory.  Whatever it installs, removes or overwrites is gone afterwards, and nobody
# else ever sees it.  Only $scratch is the real one.  It sees its own processes alone, no service
# starts by itself, and installing a PostgreSQL makes no cluster.
#
# Needs root (or sudo) and a kernel with overlayfs; throwaway_root_works tells.
in_throwaway_root() {
  mkdir -p "$scratch/view"
  # shellcheck disable=SC2016 # for the inner shell to expand
  as_root unshare --mount --pid --ipc --fork --kill-child bash -euc '
    view=$1 scratch=$2
    shift 2
    mount --make-rprivate /
    mount -t tmpfs -o mode=755 tmpfs "$view"
    mkdir "$view/upper" "$view/work" "$view/root"
    mount -t overlay -o "lowerdir=/,upperdir=$view/upper,workdir=$view/work" overlay "$view/root"
    root=$view/root
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mkdir -m 1777 "$root/run/lock"
    mkdir -p "$root$scratch"
    mount --bind "$scratch" "$root$scratch"
    printf "#!/bin/sh\nexit 101\n" >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    mkdir -p "$root/etc/postgresql-common/createcluster.d"
    echo "create_main_cluster = false" >"$root/etc/postgresql-common/createcluster.d/throwaway.conf"
    exec chroot "$root" "$@"' throwaway_root "$scratch/view" "$scratch" "$@"
}

throwaway_root_works() { in_throwaway_root true 2>/dev/null; }
