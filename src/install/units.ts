import { join } from "node:path";
import { EXECUTABLE_NAME } from "./names.ts";

/** The units of the node daemon; packaging/systemd has them for the usual plugin directory. */
export function unitTexts(binDir: string): Readonly<Record<string, string>> {
  return {
    "hawser.socket": SOCKET,
    "hawser.service": service(join(binDir, EXECUTABLE_NAME)),
  };
}

const SOCKET = `[Unit]
Description=Socket of the Hawser node daemon
Documentation=man:systemd.socket(5)

[Socket]
ListenStream=/run/hawser/daemon.sock
FileDescriptorName=hawser
SocketMode=0600
DirectoryMode=0700
Backlog=1024
RemoveOnStop=true

[Install]
WantedBy=sockets.target
`;

/**
 * What is taken from the service is what its code never does. It keeps: changing networks
 * (NET_ADMIN), entering namespaces (SYS_ADMIN) of processes of other users (SYS_PTRACE) at paths of
 * other users (DAC_READ_SEARCH), frames for ARP and DHCP (NET_RAW, NET_BIND_SERVICE), and owners of
 * files and taps (CHOWN is not among them: files are root's).
 */
function service(executable: string): string {
  return `[Unit]
Description=Hawser node daemon (CNI)
Documentation=man:systemd.exec(5)
Requires=hawser.socket
After=hawser.socket
# Pods are attached while the runtime starts; it finds the daemon there.
Before=containerd.service crio.service kubelet.service
# A disk that is full has room again some day: it is tried again for ever.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${escapeForUnit(executable)} daemon
# The daemon sleeps most of its life: no collection of garbage every second, and compiled code stays.
Environment=BUN_GC_TIMER_DISABLE=1 BUN_JSC_forceCodeBlockLiveness=1
# Attachments do not depend on the process: entry programs work without it.
Restart=always
RestartSec=1s
TimeoutStopSec=30s
UMask=0077
StateDirectory=cni
StateDirectoryMode=0755
RuntimeDirectory=hawser
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
LimitNOFILE=65536
OOMScoreAdjust=-900

User=root
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH
NoNewPrivileges=true
# The whole file system may be read; what is written lies below /run and /var.
ProtectSystem=full
ProtectHome=read-only
# Namespaces that runtimes bind later have to be seen, wherever they do so: hence no PrivateTmp=.
MountFlags=slave
# Sysctls of containers are written: hence no ProtectKernelTunables=. Taps are made.
DevicePolicy=closed
DeviceAllow=/dev/net/tun rw
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
ProtectClock=true
ProtectHostname=true
RestrictNamespaces=net
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6 AF_PACKET
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
# Compiles its code while it runs: hence no MemoryDenyWriteExecute=.
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
KeyringMode=private

[Install]
WantedBy=multi-user.target
Also=hawser.socket
`;
}

/** A path as systemd reads it: specifiers begin with %, blanks end words. */
function escapeForUnit(path: string): string {
  const escaped = path.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(escaped) ? JSON.stringify(escaped) : escaped;
}
