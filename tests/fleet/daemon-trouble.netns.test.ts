import { expect, setDefaultTimeout } from "bun:test";
import { EXECUTABLE, entriesMissing } from "../support/daemon.ts";
import { type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";
import { begin, first, fleet, fleetTest, held, isReady, pictureOf } from "./daemons.ts";

setDefaultTimeout(patient(120_000));

const lacking = entriesMissing();
const needsNft =
  lacking === undefined ? needs("root", "etcd", "etcdctl", "ip", "nft") : skipBecause(lacking);

fleetTest("a wrong password is named, and the daemon serves other calls", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  await all.etcd.ctl(["user", "add", "root:secret"]);
  await all.etcd.ctl(["user", "grant-role", "root", "root"]);
  await all.etcd.ctl(["auth", "enable"]);
  const passwordFile = all.lab.path("password");
  await Bun.write(passwordFile, "wrong\n");
  const etcd = { ...(all.store["etcd"] as object), user: "root", passwordFile };
  const list = fleetNetwork({ store: { etcd }, overlay: "none" });
  await begin(all.nodes, list);
  await until("the status names it", async () => {
    return /password|denied|authenticat/iu.test(JSON.stringify(await node.status()));
  });
  expect((await node.status())["ready"]).toBe(false);
  const other = { cniVersion: "1.1.0", name: "plain", plugins: [{ type: "loopback" }] };
  await node.container("c1");
  await node.call("ADD", other, { container: "c1", ifName: "lo" });
  await Bun.write(passwordFile, "secret\n");
  await until("it is ready", () => isReady(node), 30_000);
  await node.attach(list, "c2");
});

fleetTest("a configuration that changes under a running daemon takes effect", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  const wrong = fleetNetwork({
    store: { etcd: { endpoints: ["http://10.99.255.253:2379"], timeout: "1s" } },
    overlay: "none",
  });
  await begin(all.nodes, wrong);
  await node.daemon.logged("fleet begun");
  await until(
    "the store is known to be away",
    async () => (await node.status())["ready"] === false,
  );
  node.configure(fleetNetwork({ store: all.store, overlay: "none" }));
  await node.daemon.logged("fleet begun", 2);
  await until("it is ready", () => isReady(node));
});

fleetTest(
  "networks that are configured no more, and have no container, hold nothing up",
  async () => {
    await using all = await fleet(1);
    const node = first(all.nodes);
    const list = fleetNetwork({ store: all.store, overlay: "none" });
    await begin([node], list);
    await until("it is ready", () => isReady(node));
    const notes = node.path("/run/hawser/cluster");
    const away = { etcd: { endpoints: ["http://10.99.255.253:2379"], timeout: "1s" } };
    const gone = { type: "cluster", subnet: "10.43.0.0/16", overlay: "none", store: away };
    await Bun.write(`${notes}/pods.json`, "torn");
    await Bun.write(`${notes}/torn.json`, "torn");
    await Bun.write(`${notes}/renamed.json`, noteOf({ ...gone, subnet: "10.42.0.0/17" }));
    await Bun.write(`${notes}/gone.json`, noteOf(gone));
    const warned = async (): Promise<string> => JSON.stringify((await node.status())["fleet"]);
    await until("all are named", async () => {
      const text = await warned();
      return ["torn.json", "overlaps", "10.99.255.253"].every((word) => text.includes(word));
    });
    expect(await warned()).toContain("forgotten when /run/hawser/cluster/renamed.json is removed");
    expect(await warned()).not.toContain("pods.json");
    expect(await isReady(node)).toBe(true);
    const doctor = await node.run([EXECUTABLE, "doctor", "--json"]);
    expect(doctor.stdout).toContain("rm /run/hawser/cluster/torn.json");
    // One that has a container is expected to serve.
    const reserved = "/var/lib/hawser/cluster/gone/reservations";
    await node.must(["mkdir", "-p", reserved]);
    await node.must(["touch", `${reserved}/10.43.0.9`]);
    expect(await isReady(node)).toBe(false);
  },
);

function noteOf(ipam: object): string {
  return JSON.stringify({ type: "ptp", ipam });
}

fleetTest("a copied disk is refused by name", async () => {
  await using all = await fleet(2);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  const list = fleetNetwork({ store: all.store, overlay: "none" });
  await begin([one], list);
  await one.attach(list, "c1");
  // The same disk, in a machine of which etcd knows that its twin lives.
  await two.must(["mkdir", "-p", "/var/lib/hawser"]);
  await Bun.$`cp -a ${one.path("/var/lib/hawser/cluster")} ${two.path("/var/lib/hawser/")}`.quiet();
  expect(pictureOf(two)?.node).toBe("node1");
  await begin([two], list);
  await until(
    "the status names the twin",
    async () => {
      return JSON.stringify(await two.status()).includes("node1");
    },
    30_000,
  );
  expect((await two.status())["ready"]).toBe(false);
  expect((await one.status())["ready"]).toBe(true);
  const answer = await two.run([EXECUTABLE, "daemon", "--status"]);
  expect(answer.exitCode).toBe(1);
});

fleetTest("commands of the node tell its side of the fleet, and so does doctor", async () => {
  await using all = await fleet(1);
  const node = first(all.nodes);
  const list = fleetNetwork({ store: all.store });
  const ask = async (...words: string[]): Promise<string> => {
    const answer = await node.run([EXECUTABLE, ...words]);
    return `${answer.stdout}${answer.stderr}`;
  };
  node.configure(list);
  expect(await ask("networks")).toContain("this node has not joined the fleet yet");
  expect(await ask("doctor", "--json")).toContain('"fleet-not-serving"');
  await node.startDaemon();
  await until("it is ready", () => isReady(node));
  await node.attach(list, "c1");
  const networks = JSON.parse(await ask("networks", "--json")) as {
    networks: readonly {
      fleetSide?: { node: string; overlay: string; blocks: readonly string[] };
    }[];
  };
  expect(networks.networks[0]?.fleetSide).toMatchObject({
    ...{ network: "pods", node: "node1", overlay: "vxlan", blocks: held(node) },
  });
  expect(await ask("networks")).toContain(`${held(node).join(" ")}, vxlan`);
  const doctor = await ask("doctor", "--json");
  expect(doctor).not.toContain('"fleet-');
  await node.daemon.end("SIGKILL");
  expect(await ask("doctor", "--json")).toContain('"fleet-without-daemon"');
});

/** Rules of a node, whether they drop the overlay's packets, and what the command that mends it says. */
const RULES: readonly (readonly [rules: string, remedy: string | undefined])[] = [
  ["", undefined],
  ["add rule inet f i udp dport 53 drop", undefined],
  ["add rule inet f i udp dport 4789 drop", "nft insert rule inet f i udp dport 4789 accept"],
  [
    "add rule inet f i ct state established accept; add rule inet f i meta l4proto udp drop",
    "nft insert rule inet f i udp dport 4789 accept",
  ],
  [
    "add rule inet f o ip daddr 10.99.0.0/16 udp dport 1024-65535 reject",
    "nft insert rule inet f o udp dport 4789 accept",
  ],
  [
    "add rule inet f p iifname eth0 udp dport 4789 drop",
    "nft insert rule inet f p udp dport 4789 accept",
  ],
];

needsNft(
  "a firewall that drops the overlay's packets is found, and the command mends it",
  async () => {
    await using all = await fleet(2);
    const [one, two] = all.nodes as [FleetNode, FleetNode];
    const list = fleetNetwork({ store: all.store });
    await begin(all.nodes, list);
    await one.attach(list, "c1");
    const [b = ""] = await two.attach(list, "c2");
    await until("they reach each other", () => one.reaches(b, "c1"), 30_000);
    const nft = async (text: string): Promise<string> => await one.must(["nft", text]);
    const remedies = async (): Promise<string[]> => {
      const { stdout } = await one.run([EXECUTABLE, "doctor", "--json"]);
      const { stages } = JSON.parse(stdout) as {
        stages: readonly { findings: readonly { name: string; remedy: string }[] }[];
      };
      return stages
        .flatMap(({ findings }) => findings)
        .flatMap(({ name, remedy }) => (name === "fleet-tunnel-dropped" ? [remedy] : []));
    };
    for (const [rules, remedy] of RULES) {
      await nft("add table inet f");
      await nft("add chain inet f i { type filter hook input priority 0; }");
      await nft("add chain inet f o { type filter hook output priority 0; }");
      await nft("add chain inet f p { type filter hook prerouting priority 0; }");
      for (const rule of rules.split("; ")) if (rule !== "") await nft(rule);
      expect([rules, await remedies()]).toEqual([rules, remedy === undefined ? [] : [remedy]]);
      expect([rules, await one.reaches(b, "c1")]).toEqual([rules, remedy === undefined]);
      if (remedy !== undefined) {
        await one.must(remedy.split(" "));
        expect([rules, await remedies()]).toEqual([rules, []]);
        expect([rules, await one.reaches(b, "c1")]).toEqual([rules, true]);
      }
      await nft("delete table inet f");
    }
  },
);
