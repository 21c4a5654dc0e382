import { expect } from "../../plugin/answer.ts";
import { expectOrder } from "../compare.ts";
import { needs, needsVersion, type RuntimeCheck, unless } from "../define.ts";
import { CHAIN, expectFailure, expectSaid } from "../scene.ts";

/** STATUS, SPEC section 2. */

const can = unless(needs("status"), needsVersion("1.1.0"));

export const STATUS: readonly RuntimeCheck[] = [
  {
    name: "status-in-order",
    rule: "R85",
    level: "SHOULD",
    tries: "asks for the status of a network of three plugins",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network();
      await scene.done("status");
      expectOrder(
        scene.recorder.calls("STATUS"),
        CHAIN.map((plugin) => `STATUS ${plugin}`),
      );
    },
  },
  {
    name: "the-error-of-status-is-returned",
    rule: "R85",
    level: "SHOULD",
    tries: "asks for the status of a network whose second plugin is not ready",
    profile: "quick",
    unfit: can,
    async run(scene) {
      scene.network();
      const error = { cniVersion: scene.version, code: 50, msg: "the daemon is away" };
      scene.recorder.failure("rec-b", "STATUS", error);
      const reply = await scene.call("status");
      expectFailure(reply, "STATUS whose second plugin is not ready");
      expectSaid(reply, error.msg);
    },
  },
  {
    name: "status-of-a-plugin-that-is-missing",
    rule: "R86",
    level: "MUST",
    tries: "asks for the status of a network with a plugin that is not installed",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a", "rec-missing"]);
      expectFailure(await scene.call("status"), "STATUS with a plugin that is missing");
    },
  },
  {
    name: "request-of-status",
    rule: "R92",
    level: "SHOULD",
    tries: "adds a container, asks for the status, and looks at the request",
    profile: "full",
    unfit: can,
    async run(scene) {
      const prevResult = { cniVersion: scene.version };
      scene.network([{ type: "rec-a", mtu: 1400, capabilities: { mac: true }, prevResult }]);
      await scene.add();
      await scene.done("status");
      const [call] = scene.recorder.calls("STATUS");
      const request = call?.request ?? {};
      expect(request["mtu"] === 1400, "the plugin's own keys", request);
      for (const key of ["prevResult", "runtimeConfig", "cni.dev/valid-attachments"]) {
        expect(!Object.hasOwn(request, key), `no "${key}" at STATUS`, request);
      }
    },
  },
  {
    name: "parameters-of-status",
    rule: "R92",
    level: "SHOULD",
    tries: "asks for the status and looks at the plugin's environment",
    profile: "full",
    unfit: can,
    async run(scene) {
      scene.network(["rec-a"]);
      await scene.done("status");
      const env = scene.recorder.calls("STATUS")[0]?.env ?? {};
      expect((env["CNI_PATH"] ?? "") !== "", "a CNI_PATH", env["CNI_PATH"]);
      for (const key of ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"]) {
        expect((env[key] ?? "") === "", `no ${key} at STATUS`, env[key]);
      }
    },
  },
  {
    name: "no-status-in-old-versions",
    rule: "R85",
    level: "SHOULD",
    tries: "asks for the status of a network of version 1.0.0",
    profile: "full",
    unfit: unless(needs("status"), ({ versions }) =>
      versions.includes("1.0.0") ? undefined : "it does not support 1.0.0",
    ),
    async run(scene) {
      scene.network(["rec-a"], { cniVersion: "1.0.0" });
      await scene.done("status");
      expectOrder(scene.recorder.calls("STATUS"), []);
    },
  },
];
