import { expect, setDefaultTimeout } from "bun:test";
import { EXECUTABLE } from "../support/daemon.ts";
import { type FleetNode, fleetNetwork, until } from "../support/fleet-lab.ts";
import { patient } from "../support/patience.ts";
import { begin, first, fleet, fleetTest, isReady, pictureOf } from "./daemons.ts";

setDefaultTimeout(patient(120_000));

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
    networks: readonly { fleet?: { node: string; overlay: string; blocks: readonly string[] } }[];
  };
  expect(networks.networks[0]?.fleet).toMatchObject({
    ...{ network: "pods", node: "node1", overlay: "vxlan", blocks: held(node) },
  });
  expect(await ask("networks")).toContain(`${held(node).join(" ")}, vxlan`);
  const doctor = await ask("doctor", "--json");
  expect(doctor).not.toContain('"fleet-');
  await node.daemon.end("SIGKILL");
  expect(await ask("doctor", "--json")).toContain('"fleet-without-daemon"');
});
