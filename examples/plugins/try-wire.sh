# A call of each kind, on a machine that is thrown away at the end.
set -e
mount -t tmpfs tmpfs /run
ip link set dev lo up
ip netns add demo

export CNI_CONTAINERID=demo CNI_IFNAME=eth0 CNI_NETNS=/run/netns/demo CNI_PATH=$PWD/bin
addresses='"type": "host-local", "subnet": "10.7.0.0/24", "dataDir": "/run/addresses"'
config="\"cniVersion\": \"1.1.0\", \"name\": \"demo\", \"type\": \"wire\", \"ipam\": {$addresses}"

result=$(echo "{$config}" | CNI_COMMAND=ADD bin/wire)
echo "$result"
ip -n demo -brief address show dev eth0
echo "{$config, \"prevResult\": $result}" | CNI_COMMAND=CHECK bin/wire

ip -n demo address flush dev eth0
echo "{$config, \"prevResult\": $result}" | CNI_COMMAND=CHECK bin/wire || printf '\nexit code %s\n' $?
echo "{$config}" | CNI_COMMAND=DEL bin/wire
ip -n demo -brief link show
