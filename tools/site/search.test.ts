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
