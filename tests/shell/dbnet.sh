#!/bin/sh
# Runs the dbnet network with the executables of one directory, knowing the specification and
# nothing else: ADD, CHECK, a TCP connection through the mapped port, DEL.
#
#   unshare --net --mount sh tests/shell/dbnet.sh dist/cni
#
# Needs ip (iproute2) and busybox (for nc). It refuses the machine's own network namespace.

set -eu

plugins=$(cd "${1:?usage: dbnet.sh PLUGIN-DIRECTORY}" && pwd)
network=dbnet
container=shell-container
host_port=18080

# A namespace is our own when the farthest ancestor that may be looked at has another.
own_namespace() {
  machine=
  pid=$$
  while [ "${pid:-0}" -gt 1 ]; do
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
    seen=$(readlink "/proc/$pid/ns/$1" 2>/dev/null || true)
    machine=${seen:-$machine}
  done
  [ -n "$machine" ] && [ "$machine" != "$(readlink "/proc/self/ns/$1")" ]
}
if ! own_namespace net || ! own_namespace mnt; then
  echo "dbnet.sh: this is the machine's own network: run it under unshare --net --mount" >&2
  exit 2
fi

say() { echo "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# A host of our own: loopback, state that ends with this mount namespace, one container.
ip link set dev lo up
mount -t tmpfs -o mode=755 dbnet /run
state=/run/dbnet
mkdir -p "$state" /run/netns
ip netns add "$container"
ip -n "$container" link set dev lo up
netns=/run/netns/$container

bridge='"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true,
  "keyA": ["some more", "plugin specific", "configuration"],
  "ipam": { "type": "host-local", "dataDir": "'$state'/networks", "subnet": "10.1.0.0/16",
            "gateway": "10.1.0.1", "routes": [ { "dst": "0.0.0.0/0" } ] },
  "dns": { "nameservers": [ "10.1.0.1" ] }'
tuning='"type": "tuning", "sysctl": { "net.core.somaxconn": "500" },
  "runtimeConfig": { "mac": "c2:11:22:33:44:55" }'
portmap='"type": "portmap", "runtimeConfig": { "portMappings": [
  { "hostPort": '$host_port', "containerPort": 80, "protocol": "tcp" } ] }'

# call OPERATION PLUGIN CONFIGURATION [RESULT]: one execution; its output is the plugin's.
call() {
  previous=${4:+, \"prevResult\": $4}
  printf '{ "cniVersion": "1.0.0", "name": "%s", %s %s }' "$network" "$3" "$previous" |
    CNI_COMMAND=$1 CNI_CONTAINERID=$container CNI_NETNS=$netns CNI_IFNAME=eth0 \
    CNI_PATH=$plugins "$plugins/$2" || fail "$2 $1"
}

result=$(call ADD bridge "$bridge") || fail "$result"
result=$(call ADD tuning "$tuning" "$result") || fail "$result"
result=$(call ADD portmap "$portmap" "$result") || fail "$result"
say "added: $(echo "$result" | tr -d '\n' | sed 's/  */ /g')"

answer=$(call CHECK bridge "$bridge" "$result") || fail "$answer"
answer=$(call CHECK tuning "$tuning" "$result") || fail "$answer"
answer=$(call CHECK portmap "$portmap" "$result") || fail "$answer"
say "checked"

ip -n "$container" link show dev eth0 | grep -q c2:11:22:33:44:55 || fail "the MAC is another"
[ "$(ip netns exec "$container" cat /proc/sys/net/core/somaxconn)" = 500 ] ||
  fail "the sysctl is another"

echo "hello from $container" >"$state/greeting"
ip netns exec "$container" busybox nc -l -p 80 <"$state/greeting" >/dev/null &
server=$!
heard=
for _ in 1 2 3 4 5 6 7 8 9 10; do
  heard=$(busybox nc -w 2 127.0.0.1 "$host_port" </dev/null 2>/dev/null || true)
  [ -z "$heard" ] || break
  sleep 0.1
done
kill "$server" 2>/dev/null || true
[ "$heard" = "hello from $container" ] || fail "no connection through port $host_port"
say "connected through port $host_port"

for _ in once again; do
  answer=$(call DEL portmap "$portmap" "$result") || fail "$answer"
  answer=$(call DEL tuning "$tuning" "$result") || fail "$answer"
  answer=$(call DEL bridge "$bridge" "$result") || fail "$answer"
done
if ip -n "$container" link show dev eth0 2>/dev/null; then fail "eth0 is still there"; fi
if ip -o link show type veth | grep -q .; then fail "a veth is still there"; fi
if ls "$state/networks/$network" | grep -q '^10\.'; then fail "an address is still reserved"; fi
say "removed"
ip netns delete "$container"
