#!/bin/sh
# Becomes systemd as PID 1 of a container. Runs inside `unshare -m -p -f -u -i -C`; see container.py.
# $1: the cached Debian root (stays as it is)   $2: a folder for what this container changes
set -eu
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 sys/fs/cgroup
if [ -n "${3:-}" ]; then
    mkdir -p models
    mount --bind "$3" models
fi
# A plain chroot would do for booting, but units with a mount namespace of their own need a real root.
mkdir -p .old
pivot_root . .old
exec /usr/sbin/chroot . /bin/sh -c 'umount -l /.old && rmdir /.old && exec env -i \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin container=nippo-test /sbin/init --log-target=journal --show-status=no'
