/** Written by `npm run manuals`: how the manual of each plugin begins. */
export const LEADS: ReadonlyMap<string, string> = new Map([
  [
    "bandwidth",
    "Limits how fast packets go to a container and come from it. It stands in a list behind the plugin that joins the container to the host by a veth pair (`bridge`, `ptp`), and works on the host's side alone: the container can neither see nor lift the limits.",
  ],
  [
    "bridge",
    "Joins a container to a bridge of the host by a veth pair. The bridge is made by the first attachment, can be the containers' gateway, and can masquerade what they send to the outside. Addresses come from an IPAM plugin; without one it is a network of layer 2 alone.",
  ],
  [
    "cluster",
    "Hands out addresses of a subnet that many nodes share, and never one twice. The store (etcd) says which node holds which block of the subnet; the node reserves single addresses of its blocks by files of its own, as `host-local` does. ADD and DEL therefore ask no server, and go on while the store is away. [A fleet](../../../docs/cluster.md) tells how nodes are set up, what they do when machines or the store fail, and how packets find the other nodes; [the decision](../../../docs/decisions/0016-fleet.md) why no address is owned twice.",
  ],
  [
    "dhcp",
    "`dhcp` is an IPAM plugin that gets a container's addresses from DHCP servers on the network that the container's interface is on: of a bridge without addresses of its own, a macvlan, a VLAN. A lease has to be renewed for as long as the container lives, which a daemon does; the plugin only asks the daemon. The daemon is the same executable, started as `dhcp daemon` or `hawser dhcp daemon`; units for systemd are in `packaging/systemd`. `-help` prints its flags, which are those of the Go plugin's daemon. The container names itself to servers by `<container ID>/<network>/<interface>`, so that the same attachment gets the same address again where the server keeps it.",
  ],
  [
    "dummy",
    "Gives a container addresses on a link that leads nowhere: what is sent through it is dropped, and the container reaches itself by the addresses. Of use where something has to be bound to an address, or routed to one, without a network behind it.",
  ],
  [
    "firewall",
    "Lets a container's packets through the host's firewall: what the container sends, the answers to it, and connections that a port mapping leads to it. It stands behind the plugin that gives the container its addresses, and hands that plugin's result on unchanged. An ingress policy can close the ways between containers.",
  ],
  [
    "host-device",
    "A plugin that gives a container a network device of the host: a card, one of its virtual functions, a subfunction, or any link that can change its namespace. The device leaves the host for as long as the container has it, and DEL brings it back under its name.",
  ],
  [
    "host-local",
    "Hands out addresses from ranges, and notes in a directory of this host which attachment each address belongs to. It is called by interface plugins through their `ipam` key; the Go plugin of the same name can share the directory at the same time.",
  ],
  [
    "ipvlan",
    "Gives a container a link of its own on a link of the host (the master), which knows it by its IP addresses: all links of a master have its MAC, as networks want it that allow one MAC a port. The containers reach each other and what is behind the master, not the host itself.",
  ],
  [
    "loopback",
    "Brings the container's loopback interface `lo` up. It can stand alone, as container runtimes use it, or anywhere in a chain. `CNI_IFNAME` must be a valid name, but does not matter. All versions of the specification.",
  ],
  [
    "macvlan",
    "Gives a container a link of its own, with a MAC of its own, on a link of the host (the master): on the wire the container is one more machine. The containers of one master reach each other, according to `mode`, and what is behind the master; the host itself they do not reach through it, which is the kernel's rule. Without `ipam` the link is up and has no addresses, for a container that gets them in its own way.",
  ],
  [
    "portmap",
    "Leads ports of the host to a container. It stands behind the plugin that gives the container its addresses, and hands that plugin's result on unchanged.",
  ],
  [
    "ptp",
    "Links a container with its host by a veth pair, and with no other host: everything the container sends, to other containers of the subnet too, goes through the host, which is its gateway. Addresses come from an IPAM plugin.",
  ],
  [
    "sbr",
    "Leads packets by the address that they start from: whatever bears an address of the interface leaves by the interface, through its gateway, also when the container has other interfaces and another default route. It stands in a list behind the plugin that makes the interface, and is meant for containers with several networks: on the interface that is the only one, programs that do not choose an address find no route any more, unless `addSourceHints` leaves them those of the interface's own networks.",
  ],
  [
    "static",
    "An IPAM plugin that hands on addresses, routes and resolver settings from the configuration, or those that the runtime asks for. It keeps nothing: the administrator sees to it that no address is given twice.",
  ],
  [
    "tap",
    "Makes a tap in the container's namespace, for a program there that speaks Ethernet itself: a virtual machine's monitor attaches to it by name, through /dev/net/tun. Addresses, if any, are the container's own on that link; without an IPAM plugin it is a link of layer 2 alone, up.",
  ],
  [
    "tuning",
    "Sets sysctls and link attributes of an interface that a plugin before it in the chain has made, and puts them back on DEL. The result is the previous one, with the new MAC (and, from version 1.1.0 on, the new MTU) of the container's interface. The host's end of a veth pair gets the MTU as well, in the result too.",
  ],
  [
    "vlan",
    "Gives a container a VLAN (802.1Q) of a link, the master: frames leave the master with the VLAN's tag, and those that come in with it are the container's.",
  ],
  [
    "vrf",
    "Puts an interface into a VRF of the container: a device that has a routing table of its own, apart from that of the other interfaces, so that two of them can have the same addresses. It stands in a list behind the plugin that makes the interface. Programs reach the VRF by a socket that is bound to it (`ip vrf exec`, `SO_BINDTODEVICE`).",
  ],
]);
