import { expect } from "../../plugin/answer.ts";
import { expectNoPrevResult, expectOrder, expectPrevResult, holds } from "../compare.ts";
import { inVersions, needs, type RuntimeCheck, unless } from "../define.ts";
import { addressOf } from "../recorder.ts";
import { CHAIN } from "../scene.ts";

/** In which order plugins are called, and what each gets of those before it, SPEC section 3. */

export const ORDER: readonly RuntimeCheck[] = [
  {
    name: "add-in-order",
    rule: "R78",
    level: "MUST",
    tries: "adds to a network of three plugins that are not in the order of the alphabet",
    profile: "quick",
    async run(scene) {
      scene.network(["rec-b", "rec-c", "rec-a"]);
      await scene.add();
      expectOrder(scene.recorder.calls(), ["ADD rec-b", "ADD rec-c", "ADD rec-a"]);
    },
  },
  {
    name: "one-plugin-after-the-other",
    rule: "R78",
    level: "MUST",
    tries: "adds to a network of plugins that take their time",
    profile: "full",
    async run(scene) {
      scene.network(["rec-a", "rec-b"]);
      scene.recorder.answer("rec-a", "ADD", {
        seconds: 0.1,
        stdout: { cniVersion: scene.version, ips: [] },
      });
      await scene.add();
      const [one, other] = scene.recorder.calls("ADD");
      const isAfter = one !== undefined && other !== undefined && one.ended < other.began;
      expect(isAfter, "rec-b begins when rec-a has ended", [one, other]);
    },
  },
  ...inVersions(
    {
      name: "each-plugin-gets-the-result-before",
      rule: "R79",
      level: "MUST",
      tries: "adds to a network of three plugins and looks at each prevResult",
      profile: "full",
      async run(scene) {
        scene.network();
        await scene.add();
        const [a, b, c] = scene.recorder.calls("ADD");
        expect(c !== undefined && a !== undefined && b !== undefined, "three calls", "fewer");
        expectNoPrevResult(a);
        expectPrevResult(b, addressOf("rec-a"));
        expectPrevResult(c, addressOf("rec-b"));
        for (const { request } of [b, c]) {
          const came = request["prevResult"];
          const fits = holds(came, { cniVersion: scene.version });
          expect(fits, `a prevResult of version ${scene.version}`, came);
        }
      },
    },
    "0.3.0",
  ),
  {
    name: "the-whole-result-is-passed-on",
    rule: "R79",
    level: "MUST",
    tries: "adds to a network whose first plugin gives all that a result can have",
    profile: "quick",
    async run(scene) {
      const { interfaces, ...rest } = fullResult(scene.version);
      scene.recorder.answer("rec-a", "ADD", { stdout: { ...rest, interfaces } });
      scene.network(["rec-a", "rec-b"]);
      const { netns } = await scene.add();
      const came = scene.recorder.calls("ADD", "rec-b")[0]?.request["prevResult"];
      const own = netns === "" ? { name: "eth0" } : { name: "eth0", sandbox: netns };
      expect(holds(came, rest), "a prevResult with all that the first plugin printed", came);
      expect(
        holds(came, { interfaces: [{ name: "host0", mac: "02:00:00:00:00:01" }, own] }),
        "a prevResult with both interfaces",
        came,
      );
    },
  },
  {
    name: "keys-of-a-result-that-are-unknown",
    rule: "R79",
    level: "SHOULD",
    tries: "adds to a network whose first plugin gives a result with a key of its own",
    profile: "full",
    async run(scene) {
      const result = { ...fullResult(scene.version), "x-socket": { path: "/run/x" } };
      scene.recorder.answer("rec-a", "ADD", { stdout: result });
      scene.network(["rec-a", "rec-b"]);
      await scene.add();
      const came = scene.recorder.calls("ADD", "rec-b")[0]?.request["prevResult"];
      expect(holds(came, { "x-socket": { path: "/run/x" } }), "a prevResult with that key", came);
    },
  },
  {
    name: "del-in-reverse-order",
    rule: "R82",
    level: "MUST",
    tries: "adds and deletes a container on a network of three plugins",
    profile: "quick",
    async run(scene) {
      scene.network();
      const container = await scene.add();
      await scene.done("del", { container });
      expectOrder(
        scene.recorder.calls("DEL"),
        [...CHAIN].reverse().map((plugin) => `DEL ${plugin}`),
      );
    },
  },
  ...inVersions(
    {
      name: "del-with-the-result-of-the-add",
      rule: "R45",
      level: "MUST",
      tries: "adds and deletes a container and looks at the prevResult of each DEL",
      profile: "full",
      async run(scene) {
        scene.network();
        const container = await scene.add();
        await scene.done("del", { container });
        const calls = scene.recorder.calls("DEL");
        expect(calls.length === CHAIN.length, `${CHAIN.length} calls of DEL`, calls.length);
        for (const call of calls) expectPrevResult(call, addressOf("rec-c"));
      },
    },
    "0.4.0",
  ),
  ...inVersions(
    {
      name: "del-without-a-result",
      rule: "R45",
      level: "SHOULD",
      tries: "adds and deletes a container on a network of a version without prevResult at DEL",
      profile: "full",
      async run(scene) {
        scene.network();
        const container = await scene.add();
        await scene.done("del", { container });
        const calls = scene.recorder.calls("DEL");
        expect(calls.length === CHAIN.length, `${CHAIN.length} calls of DEL`, calls.length);
        for (const call of calls) expectNoPrevResult(call);
      },
    },
    "0.3.0",
    "0.3.1",
  ),
  ...inVersions(
    {
      name: "adds-and-deletes",
      rule: "R87",
      level: "MUST",
      tries: "adds and deletes a container on a network of that version",
      profile: "full",
      async run(scene) {
        scene.network(["rec-a"]);
        const container = await scene.add();
        await scene.done("del", { container });
        const calls = scene.recorder.calls();
        expectOrder(calls, ["ADD rec-a", "DEL rec-a"]);
        const versions = calls.map(({ request }) => request["cniVersion"]);
        const fits = versions.every((one) => one === scene.version);
        expect(fits, `requests with cniVersion "${scene.version}"`, versions);
      },
    },
    "0.1.0",
  ),
  {
    name: "prints-the-result-of-the-last-plugin",
    rule: "R81",
    level: "SHOULD",
    tries: "adds a container and reads what the runtime prints",
    profile: "quick",
    unfit: unless(needs("result")),
    async run(scene) {
      scene.network();
      const container = await scene.container();
      const { stdout } = await scene.done("add", { container });
      const [came] = /10\.247\.\d+\.2\/24/u.exec(stdout) ?? [];
      const wanted = addressOf("rec-c");
      expect(came === wanted, `a result with ${wanted} on stdout`, stdout);
    },
  },
];

function fullResult(cniVersion: string) {
  const isOld = cniVersion.startsWith("0.");
  return {
    cniVersion,
    interfaces: [
      { name: "host0", mac: "02:00:00:00:00:01" },
      { name: "eth0", mac: "02:00:00:00:00:02", sandbox: "%NETNS%" },
    ],
    ips: [
      { address: "10.247.9.2/24", gateway: "10.247.9.1", interface: 1 },
      { address: "fd00:247::2/64", gateway: "fd00:247::1", interface: 1 },
    ].map((ip) => (isOld ? { version: ip.address.includes(":") ? "6" : "4", ...ip } : ip)),
    routes: [{ dst: "0.0.0.0/0", gw: "10.247.9.1" }, { dst: "fd00:9::/64" }],
    dns: { nameservers: ["10.247.9.1"], domain: "d", search: ["s"], options: ["ndots:2"] },
  };
}
