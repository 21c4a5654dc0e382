/**
 * What plugins leave behind by design, because it belongs to the host or the network and not to one
 * attachment. Every pattern says why; a line that no pattern knows is a leak.
 */
const SHARED: readonly RegExp[] = [
  // The bridge, its addresses and the routes that follow from them.
  /^\+ link: .*"ifname":"cni0"/,
  /^\+ address: cni0: /,
  /^\+ route: .*"dev":"cni0"/,
  // Forwarding is a property of the host.
  /^[+-] sysctl: net\/ipv4\/ip_forward = [01]$/,
  /^[+-] sysctl: net\/ipv6\/conf\/all\/forwarding = [01]$/,
  /^[+-] sysctl: net\/ipv6\/conf\/(all|default)\/accept_ra = /,
  // The kernel makes this rule of each family with the first VRF of a namespace, and leaves it.
  /^\+ (\S+ )?rule: \{"l3mdev":null,"priority":1000,"src":"all"\}$/,
  // host-local's directory, lock and hint of the last address.
  /^\+ file: \/var\/lib\/cni\/networks\/(\w+\/)?$/,
  /^\+ file: \/var\/lib\/cni\/networks\/\w+\/lock /,
  /^\+ file: \/var\/lib\/cni\/networks\/\w+\/last_reserved_ip\.\d /,
  // Where our host-local writes a reservation before it gets its name; empty at rest.
  /^\+ file: \/var\/lib\/cni\/networks\/\.tmp\/$/,
  // Its register of each network's reservations.
  /^\+ file: \/var\/lib\/cni\/networks\/\.hawser\/(\w+ 600 .*)?$/,
  // What a node has of a fleet's network, beside the reservations; the network's note for the daemon.
  /^\+ file: \/run\/cni\/cluster\/[\w.-]+\/(\.tmp\/|\.hawser\/|\.hawser\/reservations 600 .*)$/,
  /^\+ file: \/run\/cni\/cluster\/[\w.-]+\/(member\.lock|node\.json|picture\.json) 600 /,
  /^\+ file: \/run\/cni\/cluster\/[\w.-]+\/reservations\/(lock|last_reserved_ip\.\d) /,
  /^\+ file: \/run\/hawser\/cluster\/[\w.-]+\.json 600 /,
  // The fleet's store, where it is files of this machine.
  /^\+ file: \/run\/cni\/store\/(log-\d+|snapshot|lock|machine) 600 /,
  // The directory of a runtime's remembered results, when empty.
  /^\+ file: \/var\/lib\/cni\/results\/$/,
  // Where our runtime keeps its tickets, and writes what it remembers before that gets its name.
  /^\+ file: \/var\/lib\/cni\/hawser-(locks\/(choosing\/|tickets\/)?|tmp\/)$/,
  // Directories of state, when empty.
  /^\+ file: \/run\/(cni|hawser)(\/[a-z-]+)*\/$/,
  /^\+ file: \/run\/(cni|hawser)(\/[a-z-]+)*\/lock 600 ""$/,
  // iptables: the built-in tables and chains, and portmap's top-level chains with their own rules.
  /^\+ iptables: ip6?tables(-legacy)?-save \w+ :(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) ACCEPT$/,
  /^\+ iptables: ip6?tables-save nat :CNI-HOSTPORT-(DNAT|MASQ|SETMARK) -$/,
  /^\+ iptables: ip6?tables-save nat -A CNI-HOSTPORT-(MASQ|SETMARK) /,
  /^\+ iptables: ip6?tables-save nat -A (PREROUTING|OUTPUT|POSTROUTING) .*-j CNI-HOSTPORT-(DNAT|MASQ)$/,
  // The same things in the words of nft.
  /^\+ nft: \{"table":\{"family":"ip6?","name":"(nat|filter|mangle|raw|security)"\}\}$/,
  /^\+ nft: \{"chain":\{"family":"ip6?","hook":"\w+","name":"[A-Z]+","policy":"accept",/,
  /^\+ nft: \{"chain":\{"family":"ip6?","name":"CNI-HOSTPORT-(DNAT|MASQ|SETMARK)","table":"nat"\}\}$/,
  /^\+ nft: \{"rule":\{"chain":"CNI-HOSTPORT-(MASQ|SETMARK)","expr":.*"table":"nat"\}\}$/,
  /^\+ nft: \{"rule":\{"chain":"(PREROUTING|OUTPUT|POSTROUTING)",.*"target":"CNI-HOSTPORT-(DNAT|MASQ)".*\}\}$/,
  // The reference plugins' nftables tables with their base chains and the rules that stand in them.
  /^\+ nft: \{"table":\{.*"name":"(cni_plugins_masquerade|cni_hostport)"\}\}$/,
  /^\+ nft: \{"chain":\{.*"table":"(cni_plugins_masquerade|cni_hostport)".*\}\}$/,
  /^\+ nft: \{"rule":\{"chain":"(postrouting|prerouting|output|hostports_all)",.*"table":"(cni_plugins_masquerade|cni_hostport)"\}\}$/,
  // Our own layout: tables, chains, the base rules, and sets without elements.
  /^\+ nft: \{"table":\{.*"name":"hawser_(masquerade|ports|firewall|macspoof)"\}\}$/,
  /^\+ nft: \{"chain":\{.*"table":"hawser_(masquerade|ports|firewall|macspoof)".*\}\}$/,
  /^\+ nft: \{"(set|map)":\{(?!.*"elem":).*"table":"hawser_(masquerade|ports|firewall|macspoof)".*\}\}$/,
  /^\+ nft: \{"rule":\{.*"table":"hawser_(masquerade|ports|firewall|macspoof)"\}\}$/,
  // Ingress policies are the bridge's, and stay as long as it does.
  /^\+ nft: \{"set":\{"elem":\[(\{"elem":\{"comment":"#bridge of \S+","val":("\S+"|\{"concat":\["\S+","\S+"\]\})\}\},?)+\],"family":"inet","name":"(guarded|within|isolated)","table":"hawser_firewall"/,
  // The one rule by which iptables accepts what our firewall's table marks.
  /^\+ iptables: ip6?tables(-legacy)?-save filter -A FORWARD -m mark .*"hawser firewall bit \d+" -j ACCEPT$/,
  /^\+ nft: \{"rule":\{"chain":"FORWARD","expr":\[\{"xt":\{"name":"mark","type":"match"\}\},\{"xt":\{"name":"comment","type":"match"\}\},\{"counter":\{\}\},\{"accept":null\}\],/,
  // The firewall plugin's chains of iptables, the ways to them, and what all containers share.
  /^\+ iptables: ip6?tables(-legacy)?-save filter :CNI-(FORWARD|ADMIN|ISOLATION-STAGE-[12]) -$/,
  /^\+ iptables: ip6?tables(-legacy)?-save filter -A FORWARD .*-j CNI-(FORWARD|ISOLATION-STAGE-1)$/,
  /^\+ iptables: ip6?tables(-legacy)?-save filter -A CNI-FORWARD .*-j CNI-ADMIN$/,
  /^\+ iptables: ip6?tables(-legacy)?-save filter -A CNI-ISOLATION-STAGE-[12] -m comment .*-j RETURN$/,
  /^\+ nft: \{"chain":\{"family":"ip6?","name":"CNI-(FORWARD|ADMIN|ISOLATION-STAGE-[12])","table":"filter"\}\}$/,
  /^\+ nft: \{"rule":\{"chain":"(CNI-)?FORWARD",.*"target":"CNI-(FORWARD|ADMIN|ISOLATION-STAGE-1)".*\}\}$/,
  /^\+ nft: \{"rule":\{"chain":"CNI-ISOLATION-STAGE-[12]","expr":\[\{"xt":\{"name":"comment","type":"match"\}\},\{"counter":\{\}\},\{"return":null\}\],/,
];

/** The lines of a difference that are leaks: neither shared by design, nor the end of something shared. */
export function leaks(difference: readonly string[]): string[] {
  return difference.filter((line) => !SHARED.some((pattern) => pattern.test(line)));
}

/**
 * As `leaks`, where another implementation did the DEL: it does not know the note of the namespace,
 * nor that of mapped ports, which our GC, our DEL or the next boot takes away.
 */
export function leaksAfterOthers(difference: readonly string[]): string[] {
  const note = /^\+ file: \/run\/hawser\/(netns|ports)\/[0-9a-f]{32}\.json 600 /u;
  return leaks(difference).filter((line) => !note.test(line));
}
