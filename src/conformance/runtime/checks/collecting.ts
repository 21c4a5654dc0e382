import { expect } from "../../plugin/answer.ts";
import type { Json } from "../../subject/index.ts";
import { expectOrder, holds } from "../compare.ts";
import { needs, needsVersion, type RuntimeCheck, unless } from "../define.ts";
import { CHAIN, type Container, expectFailure, expectSaid, IFNAME, type Valid } from "../scene.ts";

/** GC, SPEC sections 2 and 3. */

const can = unless(needs("gc"), needsVersion("1.1.0"));
const canList = unless(needs("gc", "valid"), needsVersion("1.1.0"));
const LIST = "cni.dev/valid-attachments";

function attachment({ containerId }: Container): Valid {
  return { containerID: containerId, ifname: IFNAME };
}

export const COLLECTING: readonly RuntimeCheck[] = [
  {
    name: "gc-in-order",
    rule: "R84",
    level: "MUST",
    tries: "collects on a network of three plugins",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network();
      await scene.done("gc");
      expectOrder(
        scene.recorder.calls("GC"),
        CHAIN.map((plugin) => `GC ${plugin}`),
      );
    },
  },
  {
    name: "gc-lists-the-valid",
    rule: "R68",
    level: "MUST",
    tries: "adds two containers, and collects with both valid",
    profile: "quick",
    unfit: unless(canList, needs("containerId")),
    async run(scene) {
      scene.network(["rec-a"]);
      const containers = [await scene.container("c1"), await scene.container("c2")];
      for (const container of containers) await scene.done("add", { container });
      const valid = containers.map(attachment);
      await scene.done("gc", { valid });
      const came = scene.recorder.calls("GC")[0]?.request[LIST];
      const isListed = ({ containerID, ifname }: Valid): boolean =>
        Array.isArray(came) && came.some((one: Json) => holds(one, { containerID, ifname }));
      const fits = Array.isArray(came) && came.length === valid.length && valid.every(isListed);
      expect(fits, `${LIST} ${JSON.stringify(valid)}`, came);
      expectOrder(scene.recorder.calls("DEL"), []);
    },
  },
  {
    name: "gc-with-an-empty-list",
    rule: "R68",
    level: "MUST",
    tries: "collects with nothing valid",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"]);
      await scene.done("gc");
      const came = scene.recorder.calls("GC")[0]?.request[LIST];
      expect(Array.isArray(came) && came.length === 0, `${LIST} with an empty list`, came);
    },
  },
  {
    name: "gc-deletes-what-is-not-valid",
    rule: "R75",
    level: "SHOULD",
    tries: "adds a container, and collects with nothing valid",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a", "rec-b"]);
      await scene.add();
      await scene.done("gc");
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-b", "DEL rec-a"]);
    },
  },
  {
    name: "gc-goes-on-after-an-error",
    rule: "R84",
    level: "MUST",
    tries: "collects on a network of which two plugins fail at GC",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network();
      const { version: cniVersion } = scene;
      scene.recorder.failure("rec-a", "GC", { cniVersion, code: 101, msg: "first trouble" });
      scene.recorder.failure("rec-b", "GC", { cniVersion, code: 102, msg: "second trouble" });
      const reply = await scene.call("gc");
      expectFailure(reply, "GC of which two plugins fail");
      expectOrder(
        scene.recorder.calls("GC"),
        CHAIN.map((plugin) => `GC ${plugin}`),
      );
      expectSaid(reply, "first trouble", "second trouble");
    },
  },
  {
    name: "gc-of-a-plugin-that-is-missing",
    rule: "R86",
    level: "MUST",
    tries: "collects on a network with a plugin that is not installed",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a", "rec-missing", "rec-c"]);
      expectFailure(await scene.call("gc"), "GC with a plugin that is missing");
      expectOrder(scene.recorder.calls("GC"), ["GC rec-a", "GC rec-c"]);
    },
  },
  {
    name: "request-of-gc",
    rule: "R92",
    level: "MUST",
    tries: "adds with capability values and a prevResult in the file, and collects",
    profile: "full",
    unfit: can,
    async run(scene) {
      const prevResult = { cniVersion: scene.version };
      const plugin = { type: "rec-a", mtu: 1400, capabilities: { mac: true }, prevResult };
      scene.network([plugin]);
      const mac = "02:11:22:33:44:55";
      await scene.add(scene.can("capabilities") ? { capabilities: { mac } } : {});
      await scene.done("gc");
      const request = scene.recorder.calls("GC")[0]?.request ?? {};
      expect(request["mtu"] === 1400, "the plugin's own keys", request);
      for (const key of ["prevResult", "runtimeConfig"]) {
        expect(!Object.hasOwn(request, key), `no "${key}" at GC`, request);
      }
    },
  },
  {
    name: "parameters-of-gc",
    rule: "R70",
    level: "SHOULD",
    tries: "collects and looks at the plugin's environment",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"]);
      await scene.done("gc");
      const env = scene.recorder.calls("GC")[0]?.env ?? {};
      expect((env["CNI_PATH"] ?? "") !== "", "a CNI_PATH", env["CNI_PATH"]);
      for (const key of ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"]) {
        expect((env[key] ?? "") === "", `no ${key} at GC`, env[key]);
      }
    },
  },
  {
    name: "disable-gc",
    rule: "R9",
    level: "MUST",
    tries: "adds to a network with disableGC, and collects with nothing valid",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"], { disableGC: true });
      await scene.add();
      await scene.call("gc");
      expectOrder(scene.recorder.calls("GC"), []);
    },
  },
  {
    name: "disable-gc-leaves-attachments",
    rule: "R9",
    level: "SHOULD",
    tries: "adds to a network with disableGC, and collects with nothing valid",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"], { disableGC: true });
      await scene.add();
      await scene.call("gc");
      expectOrder(scene.recorder.calls("DEL"), []);
    },
  },
  {
    name: "no-gc-in-old-versions",
    rule: "R68",
    level: "SHOULD",
    tries: "collects on a network of version 1.0.0",
    profile: "full",
    unfit: unless(needs("gc"), ({ versions }) =>
      versions.includes("1.0.0") ? undefined : "it does not support 1.0.0",
    ),
    async run(scene) {
      scene.network(["rec-a"], { cniVersion: "1.0.0" });
      await scene.call("gc");
      expectOrder(scene.recorder.calls("GC"), []);
    },
  },
  {
    name: "del-works-after-gc",
    rule: "R69",
    level: "MUST",
    tries: "adds a container, collects with it valid, and deletes it",
    profile: "full",
    unfit: unless(canList, needs("containerId")),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      await scene.done("gc", { valid: [attachment(container)] });
      await scene.done("del", { container });
      const [call] = scene.recorder.calls("DEL");
      expect(call !== undefined && "prevResult" in call.request, "a DEL with prevResult", call);
    },
  },
];
