#!/bin/busybox sh
# Process 1 of the kernel lab: makes a usable system of what the kernel unpacked, runs the tests,
# and turns the machine off. What is said on LAB_REPORTS is what the outside reads.
# From the kernel's own first file system no process could change its root with pivot_root, as
# container runtimes do; from a bind mount of it, it can.
if [ -z "${LAB_MOVED:-}" ]; then
  /bin/busybox mount -o bind / /newroot
  cd /newroot || exit
  /bin/busybox mount -o move . /
  LAB_MOVED=1 exec /bin/busybox chroot . /init
fi
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
/bin/busybox --install -s /opt/busybox 2>/dev/null
export PATH="$PATH:/opt/busybox"
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /tmp /run /var/tmp /var/lib /var/run /root
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
mount -t cgroup2 cgroup2 /sys/fs/cgroup
chmod 1777 /tmp /var/tmp
hostname lab
modprobe -a virtio_pci virtio_net tun
. /lab.env
export HAWSER_LAB=1 HAWSER_TEST_PATIENCE="$LAB_PATIENCE"
stty -F "$LAB_REPORTS" raw -echo
cd "$LAB_ROOT" && "$LAB_BUN" tools/lab/guest.ts </dev/null >"$LAB_REPORTS" 2>&1
sync
poweroff -f
