import { expect } from "../../plugin/answer.ts";
import { expectOrder, expectPrevResult, holds } from "../compare.ts";
import { needs, needsVersion, type RuntimeCheck, unless } from "../define.ts";
import { addressOf } from "../recorder.ts";
import { NETWORK } from "../scene.ts";

/** What a runtime keeps of an ADD until the DEL. Each call of an adapter is a process of its own. */

export const MEMORY: readonly RuntimeCheck[] = [
  {
    name: "del-by-the-configuration-of-the-add",
    rule: "R76",
    level: "SHOULD",
    tries: "adds to a network of two plugins, removes the second from the file, and deletes",
    profile: "quick",
    async run(scene) {
      scene.network(["rec-a", { type: "rec-b", pool: "one" }]);
      const container = await scene.add();
      scene.network(["rec-a"]);
      await scene.done("del", { container });
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-b", "DEL rec-a"]);
      const [call] = scene.recorder.calls("DEL", "rec-b");
      const came = call?.request["pool"];
      expect(came === "one", 'the key "pool" of the ADD', came);
    },
  },
  {
    name: "del-when-the-file-is-gone",
    rule: "R76",
    level: "SHOULD",
    tries: "adds to a network, removes its file, and deletes",
    profile: "full",
    async run(scene) {
      scene.network(["rec-a", "rec-b"]);
      const container = await scene.add();
      scene.world.remove(`${scene.confDir}/10-${NETWORK}.conflist`);
      await scene.done("del", { container });
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-b", "DEL rec-a"]);
    },
  },
  {
    name: "del-when-a-drop-in-is-gone",
    rule: "R76",
    level: "SHOULD",
    tries: "adds to a network with a drop-in, removes that, and deletes",
    profile: "full",
    unfit: unless(needs("dropIns"), needsVersion("1.1.0")),
    async run(scene) {
      scene.network(["rec-a"]);
      const file = `${NETWORK}/10-more.conf`;
      scene.file(file, JSON.stringify({ type: "rec-b" }));
      const container = await scene.add();
      scene.world.remove(`${scene.confDir}/${file}`);
      await scene.done("del", { container });
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-b", "DEL rec-a"]);
    },
  },
  {
    name: "del-has-args-and-capabilities-of-the-add",
    rule: "R88",
    level: "SHOULD",
    tries: "adds with arguments and capability values, and deletes without naming them",
    profile: "full",
    unfit: needs("args", "capabilities"),
    async run(scene) {
      scene.network([{ type: "rec-a", capabilities: { mac: true } }]);
      const capabilities = { mac: "02:11:22:33:44:55" };
      const container = await scene.add({ args: "FOO=BAR", capabilities });
      await scene.done("del", { container });
      const [call] = scene.recorder.calls("DEL");
      const came = [call?.env["CNI_ARGS"], call?.request["runtimeConfig"]];
      const fits = came[0] === "FOO=BAR" && holds(call?.request["runtimeConfig"], capabilities);
      expect(fits, "CNI_ARGS and runtimeConfig of the ADD", came);
    },
  },
  {
    name: "del-after-the-version-has-changed",
    rule: "R124",
    level: "SHOULD",
    tries: "adds to a network of version 0.4.0, makes it 1.0.0 in the file, and deletes",
    profile: "full",
    unfit: needsVersion("1.0.0"),
    async run(scene) {
      scene.recorder.install(scene.pluginDir, "rec-a", "0.4.0");
      scene.network(["rec-a"], { cniVersion: "0.4.0" });
      const container = await scene.add();
      scene.network(["rec-a"], { cniVersion: "1.0.0" });
      await scene.done("del", { container });
      const [call] = scene.recorder.calls("DEL");
      const { cniVersion = "", prevResult } = call?.request ?? {};
      expect(prevResult !== undefined, "a DEL with prevResult", call?.request);
      const expected = `a prevResult of the request's version, ${JSON.stringify(cniVersion)}`;
      expect(holds(prevResult, { cniVersion }), expected, prevResult);
    },
  },
  {
    name: "two-interfaces-of-one-container",
    rule: "R45",
    level: "MUST",
    tries: "adds one container to a network under two names, and deletes both",
    profile: "full",
    unfit: unless(needs("ifName", "netns"), needsVersion("0.4.0")),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      await scene.done("add", { container, ifName: "net1" });
      for (const ifName of ["eth0", "net1"]) await scene.done("del", { container, ifName });
      const came = scene.recorder.calls("DEL").map(({ env, request }) => {
        return [env["CNI_IFNAME"], holds(request["prevResult"], named(env["CNI_IFNAME"]))];
      });
      const fits = JSON.stringify(came) === '[["eth0",true],["net1",true]]';
      expect(fits, "each DEL with the result of its own ADD", came);
    },
  },
  {
    name: "two-networks-of-one-container",
    rule: "R45",
    level: "MUST",
    tries: "adds one container to two networks, and deletes both",
    profile: "full",
    unfit: unless(needs("network", "ifName", "netns"), needsVersion("0.4.0")),
    async run(scene) {
      scene.network(["rec-a"]);
      scene.network(["rec-b"], { name: "another" }, "20-another.conflist");
      const container = await scene.add();
      const other = { container, network: "another", ifName: "net1" };
      await scene.done("add", other);
      await scene.done("del", { container });
      await scene.done("del", other);
      const calls = scene.recorder.calls("DEL");
      expectOrder(calls, ["DEL rec-a", "DEL rec-b"]);
      for (const call of calls) expectPrevResult(call, addressOf(call.plugin));
    },
  },
  {
    name: "names-that-look-alike-when-joined",
    rule: "R81",
    level: "MUST",
    tries: "adds container c to network conf-a and container a-c to network conf, and deletes both",
    profile: "full",
    unfit: unless(needs("network", "containerId"), needsVersion("0.4.0")),
    async run(scene) {
      scene.network(["rec-a"], { name: "conf-a" }, "10-one.conflist");
      scene.network(["rec-b"], { name: "conf" }, "20-two.conflist");
      const { netns } = await scene.container("c1");
      const { netns: second } = await scene.container("c2");
      const one = { network: "conf-a", container: { containerId: "c", netns } };
      const two = { network: "conf", container: { containerId: "a-c", netns: second } };
      for (const attachment of [one, two]) await scene.done("add", attachment);
      for (const attachment of [one, two]) await scene.done("del", attachment);
      const calls = scene.recorder.calls("DEL");
      expectOrder(calls, ["DEL rec-a", "DEL rec-b"]);
      for (const call of calls) expectPrevResult(call, addressOf(call.plugin));
    },
  },
  {
    name: "del-when-the-cache-is-damaged",
    rule: "R124",
    level: "SHOULD",
    tries: "adds a container, empties every file that the runtime keeps, and deletes",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      for (const dir of ["/var/lib/cni", "/run/conformance/cache"]) {
        for (const file of scene.world.files(dir)) scene.world.write(file, "");
      }
      await scene.done("del", { container });
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-a"]);
    },
  },
];

function named(name: string | undefined) {
  return { interfaces: [{ name: name ?? "" }] };
}
