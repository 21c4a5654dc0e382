import { expect, test } from "bun:test";
import MiniSearch from "minisearch";
import { find } from "../../site/client/find.ts";
import { INDEX_NAME, SEARCH_OPTIONS } from "../../site/client/index-options.ts";
import { renderPages } from "./build.ts";
import { readCatalogue } from "./catalogue.ts";
import { searchIndex } from "./search-index.ts";

/** What the site's search finds, in the documents as they are: by slips of the hand, and by messages that are pasted. */

const index = loaded();

function loaded(): MiniSearch {
  const script = searchIndex(renderPages(readCatalogue()).pages);
  const text = script.slice(`globalThis.${INDEX_NAME} = `.length).replace(/;\n$/, "");
  return MiniSearch.loadJSON(String(JSON.parse(text)), SEARCH_OPTIONS);
}

/** The addresses that are found, the best first. */
function found(text: string): string[] {
  return find(index, text).found.map(({ address }) => address);
}

test.each([
  ["fierwall", "guides/firewall.html"],
  ["contianerd", "guides/containerd.html"],
  ["prtmap", "plugins/portmap.html"],
  ["masquerade-missing", "guides/debugging.html#what-you-should-see"],
])("%s is found", (text, address) => {
  expect(found(text).slice(0, 3)).toContain(address);
});

/** As people paste them: with identifiers, addresses and words of their own. The beginning of the place is enough. */
const PASTED: readonly (readonly [message: string, place: string])[] = [
  [
    'E0901 18:55:08 kubelet.go:2211] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"',
    "guides/messages.html#on-networkready",
  ],
  ["docker: network plugin is not ready: cni config uninitialized", "guides/messages.html"],
  [
    'failed to setup network for sandbox "55dbd184d9926ada": failed to find plugin "loopback" in path [/opt/cni/bin]',
    "guides/messages.html#on-failed-to-find-plugin",
  ],
  [
    'NetworkPlugin cni failed to set up pod "myzep-79945ccb7f-rz8ld_myzep" network: failed to allocate for range 0: no IP addresses available in range set: 10.42.0.1-10.42.0.254',
    "guides/messages.html#on-failed-to-allocate",
  ],
  [
    'failed to set bridge addr: "cni-podman1" already has an IP address different from 10.25.31.1/24',
    "guides/messages.html#on-failed-to-set-bridge-addr",
  ],
  [
    "iptables rule CNI-HOSTPORT-DNAT never come back after restart firewalld.service",
    "guides/messages.html#on-error-deleting-network",
  ],
  [
    "ERRO[0000] Error deleting network: running [/usr/sbin/iptables -t nat -D POSTROUTING -s 10.88.0.96 -j CNI-f1d9f8791753]: Couldn't load target",
    "guides/messages.html#on-error-deleting-network",
  ],
  [
    'Error validating CNI config file /etc/cni/net.d/web.conflist: [plugin bridge does not support config version "1.0.0" plugin portmap does not support config version "1.0.0"]',
    "guides/podman.html#on-error-validating",
  ],
  [
    'plugin type="loopback" failed (add): incompatible CNI versions; config is "1.0.0", plugin supports ["0.1.0" "0.2.0" "0.4.0"]',
    "guides/messages.html#on-incompatible-cni-versions",
  ],
  [
    `Constraint "\${attr.plugins.cni.version.bridge} semver >= 0.4.0": 1 nodes excluded by filter`,
    "guides/nomad.html#on-constraint",
  ],
  [
    "No CNI configuration file in /etc/cni/net.d/. Has your network provider started?",
    "guides/cri-o.html#on-no-cni-configuration-file",
  ],
  [
    'FATA[0000] needs CNI plugin "bridge" to be installed in CNI_PATH ("/opt/cni/bin"), see https://github.com/containernetworking/plugins/releases: exec: "/opt/cni/bin/bridge": stat /opt/cni/bin/bridge: no such file or directory',
    "guides/nerdctl.html#on-needs-cni-plugin",
  ],
  [
    "FATA[0003] failed to verify networking settings: failed to create default network: subnet 10.4.0.0/24 overlaps with other one on this address space",
    "guides/nerdctl.html#on-subnet",
  ],
  [
    `FATA[0000] failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error running hook #0: exit status 1, stdout: , stderr: level=fatal msg="failed to call cni.Setup: plugin type="bridge" failed (add): running [/usr/sbin/iptables -t nat -C CNI-a3fb18da4949f1d67d725de8 -d 10.4.0.9/24 -j ACCEPT]: exit status 2: iptables v1.8.7 (nf_tables): Couldn't load match \`comment':No such file or directory`,
    "guides/messages.html#on-running",
  ],
  [
    `FATA[0003] OCI runtime create failed: error running hook: exit status 1, stdout: , stderr: level=fatal msg="failed to call cni.Setup: plugin type="bridge" failed (add): incompatible CNI versions; config is "1.0.0", plugin supports ["0.1.0" "0.2.0" "0.4.0"]"`,
    "guides/nerdctl.html#on-failed-to-call-cnisetup",
  ],
  [
    'failed to setup alloc: pre-run hook "network" failed: failed to configure networking for alloc: failed to configure network: failed to find plugin "bridge" in path [/opt/cni/bin]',
    "guides/nomad.html#on-failed-to-setup-alloc",
  ],
  [
    'failed to setup alloc: pre-run hook "network" failed: failed to configure networking for alloc: failed to configure bridge network: container veth name provided (eth0) already exists',
    "guides/nomad.html#on-failed-to-setup-alloc",
  ],
  [
    'failed to configure network: plugin type="bridge" failed (add): failed to allocate for range 0: 172.26.64.163 has been allocated to b9a2b7a5-91ab-fcd5-1bc1-ab3c4f8f4d4c, duplicate allocation is not allowed',
    "guides/nomad.html#on--has-been-allocated",
  ],
  [
    'Constraint "missing network": 1 nodes excluded by filter',
    "guides/nomad.html#on-constraint-missing",
  ],
  [
    'level=warning msg="Error validating CNI config file /etc/cni/net.d/10-calico.conflist: [failed to find plugin \\"calico\\" in path [/usr/libexec/cni]]"',
    "guides/cri-o.html#on-error-validating",
  ],
  [
    'RunPodSandbox from runtime service failed: failed to get network status for pod sandbox k8s_nginx_default_1f421ebb: error checking pod default_nginx for CNI network "crio": Interface vethe09c95bd Mac doesn\'t match: 86:39:98:f3:83:77 not found',
    "guides/cri-o.html#on-error-checking-pod",
  ],
  [
    'run pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox k8s_nginx_default_1(4338cd100cc17c25): error adding pod default_nginx to CNI network "k8s-pod-network": pods "nginx" not found',
    "guides/cri-o.html#on-error-adding-pod",
  ],
  [
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "55dbd184d9926ada": plugin type="flannel" failed (add): failed to delegate add: failed to set bridge addr: "cni0" already has an IP address different from 10.244.1.1/24',
    "guides/messages.html#on-failed-to-set-bridge-addr",
  ],
  [
    'FailedCreatePodSandBox kubelet Failed to create pod sandbox: rpc error: code = Unknown desc = failed to set up sandbox container "3fe33199" network for pod "kafka-0": networkPlugin cni failed to set up pod "kafka-0_default" network: netplugin failed with no error message',
    "guides/messages.html#on-networkplugin-cni",
  ],
  [
    "cni.go:171] Unable to update cni config: No networks found in /etc/cni/net.d",
    "guides/messages.html#on-networkready",
  ],
  [
    'error: plugin type="bridge" failed (add): failed to allocate for range 0: requested IP address 10.31.0.9 is not available in range set 10.31.0.20-10.31.0.254 (code 11)',
    "guides/fixed-address.html#on-another-container-has-it",
  ],
];

test("a place of exactly this name comes first", () => {
  expect(found("Runtime.add")[0]).toBe("reference/hawser.runtime.html#runtimeadd");
  expect(found("Firewall")[0]).toBe("plugins/firewall.html");
});

test.each(PASTED)("%s leads to its answer", (message, place) => {
  const first = found(message).slice(0, 3);
  expect([message, first.find((address) => address.startsWith(place))]).toEqual([
    message,
    expect.any(String) as string,
  ]);
});

test("what no document has is not found, and a word among such is", () => {
  expect(find(index, "qqzzxx")).toEqual({ found: [], arePartial: true });
  expect(found("qqzzxx firewall")).toContain("guides/firewall.html");
  expect(find(index, "firewall").arePartial).toBe(false);
});
