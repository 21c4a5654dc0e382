/**
 * What the tests use of a machine beside Node and npm: the one list, from which `npm run setup` installs and
 * by which a test says what it misses.
 */

/** The package managers that are known by name; Debian's names are the packages' own. */
export type Manager = "dnf" | "pacman" | "apk" | "zypper";

export interface Package {
  /** As Debian and Ubuntu call it. */
  readonly name: string;
  /** The programs of it that tests start, and paths that they look at; the first tells whether it is there. */
  readonly programs: readonly string[];
  /** Its name elsewhere, where that is another one. */
  readonly elsewhere?: Readonly<Partial<Record<Manager, string>>>;
  /** Services that the package would start with the machine; tests start their own. */
  readonly services?: readonly string[];
}

export const PACKAGES: readonly Package[] = [
  { name: "buildah", programs: ["buildah"] },
  {
    name: "busybox-static",
    programs: ["busybox"],
    elsewhere: { dnf: "busybox", pacman: "busybox" },
  },
  { name: "chromium", programs: ["chromium"] },
  {
    name: "conntrack",
    programs: ["conntrack"],
    elsewhere: everywhere("conntrack-tools"),
  },
  {
    name: "containerd",
    programs: ["containerd", "ctr"],
    services: ["containerd.service"],
    elsewhere: { apk: "containerd containerd-ctr", zypper: "containerd containerd-ctr" },
  },
  {
    name: "containernetworking-plugins",
    programs: ["/usr/lib/cni/bridge", "/usr/lib/cni"],
    elsewhere: { pacman: "cni-plugins", apk: "cni-plugins", zypper: "cni-plugins" },
  },
  {
    name: "dbus",
    programs: ["dbus-daemon", "dbus-send"],
    elsewhere: { dnf: "dbus-daemon dbus-tools", zypper: "dbus-1" },
  },
  { name: "dnsmasq-base", programs: ["dnsmasq"], elsewhere: everywhere("dnsmasq") },
  { name: "etcd-client", programs: ["etcdctl"], elsewhere: everywhere("etcd") },
  {
    name: "etcd-server",
    programs: ["etcd"],
    services: ["etcd.service"],
    elsewhere: everywhere("etcd"),
  },
  { name: "firewalld", programs: ["firewalld"], services: ["firewalld.service"] },
  { name: "fish", programs: ["fish"] },
  // The one font of the browser in tests, so that its pictures are the same on each machine.
  {
    name: "fonts-dejavu-core",
    programs: ["/usr/share/fonts/truetype/dejavu"],
    elsewhere: {
      dnf: "dejavu-sans-fonts dejavu-sans-mono-fonts",
      pacman: "ttf-dejavu",
      apk: "font-dejavu",
      zypper: "dejavu-fonts",
    },
  },
  { name: "gcc", programs: ["cc"] },
  {
    name: "iproute2",
    programs: ["ip", "tc", "bridge", "ss"],
    elsewhere: { dnf: "iproute iproute-tc" },
  },
  {
    name: "iptables",
    programs: ["iptables", "ip6tables", "ebtables", "arptables", "xtables"].flatMap(variants),
    elsewhere: {
      dnf: "iptables-nft iptables-legacy",
      pacman: "iptables-nft",
      apk: "iptables iptables-legacy",
    },
  },
  {
    name: "isc-dhcp-relay",
    programs: ["dhcrelay"],
    services: ["isc-dhcp-relay.service"],
    elsewhere: { dnf: "dhcp-relay", pacman: "dhcp", apk: "dhcrelay", zypper: "dhcp-relay" },
  },
  {
    name: "isc-dhcp-server",
    programs: ["dhcpd"],
    services: ["isc-dhcp-server.service"],
    elsewhere: { dnf: "dhcp-server", pacman: "dhcp", apk: "dhcp", zypper: "dhcp-server" },
  },
  { name: "jq", programs: ["jq"] },
  { name: "kmod", programs: ["depmod", "modprobe"] },
  {
    name: "libc6-dev",
    programs: ["/usr/include/stdio.h"],
    elsewhere: { dnf: "glibc-devel", pacman: "glibc", apk: "musl-dev", zypper: "glibc-devel" },
  },
  { name: "nftables", programs: ["nft"] },
  {
    name: "openssh-client",
    programs: ["ssh-keygen"],
    elsewhere: {
      dnf: "openssh",
      pacman: "openssh",
      apk: "openssh-keygen",
      zypper: "openssh-common",
    },
  },
  { name: "openssl", programs: ["openssl"] },
  { name: "podman", programs: ["podman"] },
  {
    name: "procps",
    programs: ["ps", "sysctl", "pgrep"],
    elsewhere: { dnf: "procps-ng", pacman: "procps-ng", apk: "procps-ng" },
  },
  {
    name: "qemu-system-x86",
    programs: ["qemu-system-x86_64"],
    elsewhere: { apk: "qemu-system-x86_64", zypper: "qemu-x86" },
  },
  {
    name: "rpm",
    programs: ["rpmbuild", "rpm"],
    elsewhere: { dnf: "rpm-build", zypper: "rpm-build" },
  },
  { name: "runc", programs: ["runc"] },
  { name: "strace", programs: ["strace"] },
  {
    name: "systemd",
    programs: ["systemd-analyze", "systemd-socket-activate"],
  },
  { name: "util-linux", programs: ["nsenter", "unshare"] },
  { name: "wireguard-tools", programs: ["wg"] },
  { name: "zsh", programs: ["zsh"] },
];

/** The package of a program, or of a path in one of its directories; undefined for any other. */
export function packageOf(program: string): string | undefined {
  return PACKAGES.find(({ programs }) => {
    return programs.some((name) => {
      return program === name || (name.startsWith("/") && program.startsWith(`${name}/`));
    });
  })?.name;
}

function everywhere(name: string): Record<Manager, string> {
  return { dnf: name, pacman: name, apk: name, zypper: name };
}

/** Programs of iptables: each with its backends, each of these with two companions. */
function variants(name: string): string[] {
  return ["", "-nft", "-legacy"].flatMap((backend) =>
    ["", "-save", "-restore"].map((companion) => `${name}${backend}${companion}`),
  );
}
