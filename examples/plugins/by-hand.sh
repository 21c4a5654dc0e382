# by-hand.sh PROGRAM: calls the plugin "first" as a runtime would.
plugin=$1
export CNI_CONTAINERID=demo CNI_IFNAME=eth0 CNI_NETNS=/run/netns/demo CNI_PATH=/opt/cni/bin

echo '{"cniVersion": "1.1.0"}' | CNI_COMMAND=VERSION "$plugin"

CNI_COMMAND=ADD "$plugin" <<'END'
{
  "cniVersion": "1.1.0",
  "name": "demo",
  "type": "first",
  "nameservers": ["10.1.0.1"],
  "prevResult": {"ips": [{"address": "10.1.0.5/16"}]}
}
END
