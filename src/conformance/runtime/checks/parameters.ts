import { brief, expect } from "../../plugin/answer.ts";
import { needs, type RuntimeCheck } from "../define.ts";
import type { Call } from "../recorder.ts";
import { CHAIN, IFNAME } from "../scene.ts";

/** What a plugin finds in its environment, SPEC section 2. */

function parameters({ env }: Call): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env)
      .filter(([key]) => key.startsWith("CNI_"))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function expectParameter(call: Call | undefined, key: string, wanted: string): void {
  const came = call?.env[key];
  expect(came === wanted, `${key}=${wanted}`, came ?? "no such parameter");
}

const ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/u;

export const PARAMETERS: readonly RuntimeCheck[] = [
  {
    name: "parameters-of-add",
    rule: "R43",
    level: "MUST",
    tries: "adds a container and looks at the plugin's environment",
    profile: "quick",
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      const [call] = scene.recorder.calls("ADD");
      const id = call?.env["CNI_CONTAINERID"] ?? "";
      expect(ID.test(id), "a CNI_CONTAINERID of the allowed letters", id);
      const netns = call?.env["CNI_NETNS"] ?? "";
      expect(netns !== "", "a CNI_NETNS", netns);
      const ifName = call?.env["CNI_IFNAME"] ?? "";
      expect(ifName !== "", "a CNI_IFNAME", ifName);
      const wanted = scene.can("containerId") ? container.containerId : id;
      expectParameter(call, "CNI_CONTAINERID", wanted);
      if (scene.can("ifName")) expectParameter(call, "CNI_IFNAME", IFNAME);
    },
  },
  {
    name: "netns-is-the-one-of-the-container",
    rule: "R30",
    level: "MUST",
    tries: "adds a container and looks where CNI_NETNS leads",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      const [call] = scene.recorder.calls("ADD");
      const came = call?.env["CNI_NETNS"] ?? "";
      const paths = ["-Lc", "%i", came, container.netns];
      const inodes = (await scene.world.must(["stat", ...paths], { silent: true })).trim();
      const [one, other] = inodes.split("\n");
      expect(one === other, `CNI_NETNS that leads to ${container.netns}`, came);
    },
  },
  {
    name: "add-without-a-namespace",
    rule: "R43",
    level: "MUST",
    tries: "adds a container without a namespace",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = { ...(await scene.container()), netns: "" };
      await scene.call("add", { container }); // It may refuse, or make a namespace.
      const came = scene.recorder.calls("ADD").map(({ env }) => env["CNI_NETNS"] ?? "");
      expect(!came.includes(""), "no ADD without CNI_NETNS", came);
    },
  },
  {
    name: "parameters-of-del",
    rule: "R49",
    level: "MUST",
    tries: "adds and deletes a container and compares the environments",
    profile: "quick",
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      await scene.done("del", { container });
      const [add] = scene.recorder.calls("ADD");
      const [del] = scene.recorder.calls("DEL");
      for (const key of ["CNI_CONTAINERID", "CNI_IFNAME"]) {
        expectParameter(del, key, add?.env[key] ?? "");
      }
    },
  },
  {
    name: "same-environment-for-all-plugins",
    rule: "R35",
    level: "MUST",
    tries: "adds and deletes a container and compares the plugins' environments",
    profile: "quick",
    async run(scene) {
      scene.network();
      const given = scene.can("args") ? { args: "FOO=BAR" } : {};
      const container = await scene.add(given);
      await scene.done("del", { container, ...given });
      for (const operation of ["ADD", "DEL"]) {
        const calls = scene.recorder.calls(operation);
        const kinds = new Set(calls.map((call) => JSON.stringify(parameters(call))));
        const expected = `the same parameters for the ${CHAIN.length} plugins at ${operation}`;
        expect(calls.length === CHAIN.length && kinds.size === 1, expected, [...kinds].join(" / "));
      }
    },
  },
  {
    name: "plugins-run-in-the-host-namespace",
    rule: "R24",
    level: "MUST",
    tries: "adds and deletes a container and looks at the plugins' network namespace",
    profile: "quick",
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.add();
      await scene.done("del", { container });
      const calls = scene.recorder.calls();
      const strays = calls.filter(({ onHost }) => !onHost).map(({ operation }) => operation);
      expect(strays.length === 0, "all calls in the runtime's network namespace", strays);
    },
  },
  {
    name: "cni-path",
    rule: "R34",
    level: "MUST",
    tries: "adds to a network with plugins in two directories",
    profile: "full",
    unfit: needs("pluginDirs"),
    async run(scene) {
      const [, second = ""] = scene.pluginDirs;
      scene.recorder.install(second, "rec-z", scene.version);
      scene.recorder.install(second, "rec-a", scene.version);
      scene.network(["rec-a", "rec-z"]);
      await scene.add();
      const calls = scene.recorder.calls("ADD");
      const came = calls.map(({ env }) => env["CNI_PATH"]);
      const wanted = scene.pluginDirs.join(":");
      const fits = came.length === 2 && came.every((path) => path === wanted);
      expect(fits, `two calls with CNI_PATH=${wanted}`, came);
    },
  },
  {
    name: "the-first-directory-with-the-plugin",
    rule: "R34",
    level: "SHOULD",
    tries: "adds to a network with a plugin that two directories have",
    profile: "full",
    unfit: needs("pluginDirs"),
    async run(scene) {
      const [, second = ""] = scene.pluginDirs;
      scene.world.write(`${second}/rec-a`, "#!/bin/sh\nexit 1\n", 0o755);
      scene.network(["rec-a"]);
      await scene.add();
      const count = scene.recorder.calls("ADD").length;
      expect(count === 1, "one call of the plugin in the first directory", count);
    },
  },
  {
    name: "cni-args",
    rule: "R33",
    level: "MUST",
    tries: "adds a container with two arguments",
    profile: "full",
    unfit: needs("args"),
    async run(scene) {
      scene.network(["rec-a"]);
      await scene.add({ args: "FOO=BAR;ABC=123" });
      expectParameter(scene.recorder.calls("ADD")[0], "CNI_ARGS", "FOO=BAR;ABC=123");
    },
  },
  {
    name: "parameters-of-the-caller-are-replaced",
    rule: "R127",
    level: "SHOULD",
    tries: "adds and deletes a container with other CNI_ parameters in the runtime's environment",
    profile: "full",
    async run(scene) {
      scene.network(["rec-a"]);
      const env = { CNI_COMMAND: "GC", CNI_CONTAINERID: "stray", CNI_NETNS: "/stray" };
      const container = await scene.container();
      await scene.done("add", { container, env });
      await scene.done("del", { container, env });
      const came = scene.recorder.calls();
      const operations = came.map(({ operation }) => operation);
      expect(operations.join() === "ADD,DEL", "the calls ADD, DEL", operations);
      const strays = came.filter(({ env: own }) =>
        Object.values(own).some((text) => /stray/u.test(text)),
      );
      expect(strays.length === 0, "no parameter of the caller's", strays.map(parameters));
    },
  },
  {
    name: "environment-is-inherited",
    rule: "R127",
    level: "SHOULD",
    tries: "adds a container with a variable in the runtime's environment",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network(["rec-a"]);
      await scene.add({ env: { HTTP_PROXY: "http://proxy:3128" } });
      const came = scene.recorder.calls("ADD")[0]?.env["HTTP_PROXY"];
      expect(came === "http://proxy:3128", "the runtime's HTTP_PROXY at the plugin", brief(came));
    },
  },
  {
    name: "trace-context-is-passed-on",
    rule: "R126",
    level: "SHOULD",
    tries: "adds a container with a trace in the runtime's environment",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network(["rec-a"]);
      const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
      await scene.add({ env: { TRACEPARENT: `00-${trace}-00f067aa0ba902b7-01` } });
      const came = scene.recorder.calls("ADD")[0]?.env["TRACEPARENT"] ?? "";
      expect(came.includes(trace), `TRACEPARENT of the trace ${trace}`, came);
    },
  },
];
