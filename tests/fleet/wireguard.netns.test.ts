import { expect, setDefaultTimeout } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { EXECUTABLE } from "../support/daemon.ts";
import { FleetLab, type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";
import { lostMeanwhile, type Placed, unreached } from "./pairs.ts";

setDefaultTimeout(patient(120_000));

/** The kernel lab has neither etcd nor a compiler: the store is one of files, and plugins start whole. */
const wireguardTest = existsSync(EXECUTABLE)
  ? needs("root", "ip", "wg", "kernel:wireguard", "kernel:ipv6")
  : skipBecause("npm run build");

const KEY = "/var/lib/hawser/cluster/pods/wireguard.key";

async function deviceOf(node: FleetNode): Promise<string> {
  const links = await node.must(["ip", "-o", "link", "show", "type", "wireguard"]);
  return /fleet[0-9a-f]{10}/u.exec(links)?.[0] ?? "";
}

/** What `wg show` says of the device: without the secret, `public key, port, mark` and a line for each peer. */
async function dump(node: FleetNode): Promise<{ own: string; peers: readonly string[] }> {
  const device = await deviceOf(node);
  if (device === "") return { own: "", peers: [] };
  const [own = "", ...peers] = (await node.must(["wg", "show", device, "dump"])).trim().split("\n");
  const [, publicKey = ""] = own.split("\t");
  return { own: publicKey, peers: peers.map((line) => line.split("\t")[0] ?? "") };
}

wireguardTest("wireguard: keys, tunnels and a daemon that begins again", async () => {
  await using lab = await FleetLab.create("one machine");
  const [one, two] = (await lab.start(2)) as [FleetNode, FleetNode];
  const directory = lab.path("store");
  const list = fleetNetwork({
    ...{ overlay: "wireguard", subnets: ["10.42.0.0/16", "fd00:42::/108"] },
    store: { files: { directory } },
  });
  const placed: Placed[] = [];
  for (const node of lab.nodes) {
    node.configure(list);
    await node.startDaemon();
    const addresses = await node.attach(list, "c1", { by: "plugin" });
    placed.push(...addresses.map((address) => ({ node, container: "c1", address })));
  }
  expect(placed).toHaveLength(4);
  await until("each reaches the others", () => unreached(placed).length === 0, 60_000);
  // What the tunnel leaves of the 1500 bytes, less the headers of IPv6 and UDP.
  expect(unreached(placed, 1500 - 60 - 48)).toEqual([]);
  const [first, second] = [await dump(one), await dump(two)];
  expect([first.peers, second.peers]).toEqual([[second.own], [first.own]]);

  const secret = readFileSync(one.path(KEY), "utf8").trim();
  expect(statSync(one.path(KEY)).mode & 0o777).toBe(0o600);
  const stored = readdirSync(directory).map((name) => readFileSync(`${directory}/${name}`, "utf8"));
  expect(stored.some((text) => text.includes(first.own))).toBe(true);
  expect(stored.some((text) => text.includes(secret))).toBe(false);

  const pair = placed.filter(({ address }) => !address.includes(":")) as [Placed, Placed];
  const again = async (): Promise<void> => {
    await one.daemon.end("SIGKILL");
    expect(unreached(placed)).toEqual([]);
    await one.startDaemon();
    await until("the store was read", async () => {
      return (await one.metrics()).get('hawser_fleet_overlay_peers{network="pods"}') === 1;
    });
  };
  expect(await lostMeanwhile(pair, again, 2000)).toBeLessThan(8);
  expect(await dump(one)).toEqual(first);

  // A key that is lost is another key, and the other node learns of it.
  await one.daemon.end("SIGTERM");
  rmSync(one.path(KEY));
  await one.startDaemon();
  await until("each knows the new key", async () => {
    const { own } = await dump(one);
    return own !== first.own && own !== "" && (await dump(two)).peers.includes(own);
  });
  await until("each reaches the others again", () => unreached(placed).length === 0, 60_000);
  expect((await dump(two)).peers).toHaveLength(1);
});
