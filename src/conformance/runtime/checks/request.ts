import { isDeepStrictEqual } from "node:util";
import { expect } from "../../plugin/answer.ts";
import type { Json, JsonObject } from "../../subject/index.ts";
import { holds } from "../compare.ts";
import { needs, type RuntimeCheck } from "../define.ts";
import { NETWORK, type RuntimeScene } from "../scene.ts";

/** What a plugin reads from standard input: the configuration that is derived for it, SPEC section 3. */

/** ADD to a network of this one plugin; gives the request as text and as an object. */
async function requestFor(
  scene: RuntimeScene,
  plugin: JsonObject,
  capabilities?: JsonObject,
): Promise<{ readonly stdin: string; readonly request: JsonObject }> {
  scene.network([{ type: "rec-a", ...plugin }]);
  await scene.add(capabilities === undefined ? {} : { capabilities });
  const [call] = scene.recorder.calls("ADD");
  expect(call !== undefined, "a call of the plugin", "none");
  return call;
}

function expectKey(request: JsonObject, key: string, wanted: Json): void {
  const came = request[key];
  expect(holds(came, wanted), `"${key}": ${JSON.stringify(wanted)} in the request`, came);
}

function expectSame(request: JsonObject, keys: JsonObject): void {
  for (const [key, value] of Object.entries(keys)) {
    const came = request[key];
    expect(isDeepStrictEqual(came, value), `"${key}": ${JSON.stringify(value)}`, came);
  }
}

function expectNoKey(request: JsonObject, ...keys: readonly string[]): void {
  for (const key of keys) {
    expect(!Object.hasOwn(request, key), `no "${key}" in the request`, request[key]);
  }
}

const STRANGE: JsonObject = {
  "x-text": 'a <b> & "c" \\ é \u2028 \u{1f600}',
  "x-nested": { list: [1, [true, null, "x"], { deep: { deeper: [] } }], off: false },
  "x-number": -12.5,
  "": "a key that is empty",
};

export const REQUEST: readonly RuntimeCheck[] = [
  {
    name: "request-is-json-on-stdin",
    rule: "R25",
    level: "MUST",
    tries: "adds a container and reads the plugin's standard input",
    profile: "quick",
    async run(scene) {
      const { stdin, request } = await requestFor(scene, { mtu: 1400 });
      expect(Object.keys(request).length > 0, "one JSON object", stdin);
      expectKey(request, "type", "rec-a");
      expectKey(request, "mtu", 1400);
    },
  },
  {
    name: "name-and-version-are-set",
    rule: "R87",
    level: "MUST",
    tries: "adds to a network whose plugin has a name and a cniVersion of its own",
    profile: "quick",
    async run(scene) {
      const { request } = await requestFor(scene, { name: "other", cniVersion: "0.3.1" });
      expectKey(request, "name", NETWORK);
      expectKey(request, "cniVersion", scene.version);
    },
  },
  {
    name: "unknown-keys-arrive",
    rule: "R16",
    level: "MUST",
    tries: "adds to a network whose plugin has keys that only it knows",
    profile: "quick",
    async run(scene) {
      const { request } = await requestFor(scene, STRANGE);
      expectSame(request, STRANGE);
    },
  },
  {
    name: "empty-objects-arrive",
    rule: "R16",
    level: "MUST",
    tries: "adds to a network whose plugin has an empty object, an empty list and null",
    profile: "full",
    async run(scene) {
      const keys = { "x-object": {}, "x-list": [], "x-null": null };
      const { request } = await requestFor(scene, keys);
      expectSame(request, keys);
    },
  },
  ...(
    [
      ["big-numbers-arrive", "MUST", "12345678901234567890"],
      ["exact-fractions-arrive", "SHOULD", "0.10000000000000000001"],
      ["numbers-keep-their-form", "SHOULD", "1.0"],
    ] as const
  ).map(([name, level, number]): RuntimeCheck => {
    return {
      ...{ name, rule: "R16", level, profile: "full" },
      tries: `adds to a network whose plugin has the number ${number}`,
      async run(scene) {
        const head = `{"cniVersion": "${scene.version}", "name": "${NETWORK}", "plugins": [`;
        const plugin = `{"type": "rec-a", "x-number": ${number}}`;
        scene.file(`10-${NETWORK}.conflist`, `${head}${plugin}]}`);
        await scene.add();
        const stdin = scene.recorder.calls("ADD")[0]?.stdin ?? "";
        const came = /"x-number"\s*:\s*([^\s,}]+)/u.exec(stdin)?.[1];
        expect(came === number, `"x-number": ${number} as it was written`, came);
      },
    };
  }),
  {
    name: "runtime-config-by-capabilities",
    rule: "R88",
    level: "MUST",
    tries: "adds with two capability values to plugins that declare one, none and false",
    profile: "quick",
    unfit: needs("capabilities"),
    async run(scene) {
      scene.network([
        { type: "rec-a", capabilities: { mac: true, bandwidth: false } },
        { type: "rec-b" },
        { type: "rec-c", capabilities: { mac: false, bandwidth: true, aliases: true } },
      ]);
      const bandwidth = { ingressRate: 8000, ingressBurst: 800 };
      const mac = "02:11:22:33:44:55";
      await scene.add({ capabilities: { mac, bandwidth } });
      const wanted: Readonly<Record<string, JsonObject>> = {
        "rec-a": { mac },
        "rec-b": {},
        "rec-c": { bandwidth },
      };
      for (const [plugin, value] of Object.entries(wanted)) {
        const [call] = scene.recorder.calls("ADD", plugin);
        const came = call?.request["runtimeConfig"] ?? {};
        const expected = `runtimeConfig ${JSON.stringify(value)} for ${plugin}`;
        expect(isDeepStrictEqual(came, value), expected, came);
      }
    },
  },
  {
    name: "no-runtime-config-when-empty",
    rule: "R89",
    level: "SHOULD",
    tries: "adds without capability values to a plugin that declares one",
    profile: "full",
    async run(scene) {
      const { request } = await requestFor(scene, { capabilities: { aliases: true } });
      const came = request["runtimeConfig"];
      const isForPlugin = typeof came === "object" && came !== null && Object.keys(came).length > 0;
      if (!isForPlugin) expectNoKey(request, "runtimeConfig");
    },
  },
  {
    name: "capabilities-are-not-sent",
    rule: "R90",
    level: "SHOULD",
    tries: "adds to a network whose plugin declares a capability",
    profile: "full",
    async run(scene) {
      const { request } = await requestFor(scene, { capabilities: { mac: true } });
      expectNoKey(request, "capabilities");
    },
  },
  {
    // Passing the file's keys on unchanged is a reading too, and the specification asks for that as well.
    name: "prev-result-of-the-file-is-not-sent",
    rule: "R91",
    level: "SHOULD",
    tries: "adds to a network whose plugin has a prevResult written in the file",
    profile: "full",
    async run(scene) {
      const prevResult = { cniVersion: scene.version, ips: [] };
      const { request } = await requestFor(scene, { prevResult });
      expectNoKey(request, "prevResult");
    },
  },
  {
    name: "reserved-keys-of-the-file-are-not-sent",
    rule: "R93",
    level: "SHOULD",
    tries: "adds to a network whose plugin has keys that begin with cni.dev/",
    profile: "full",
    async run(scene) {
      const list = [{ containerID: "x", ifname: "y" }];
      const { request } = await requestFor(scene, {
        "cni.dev/later": 1,
        "cni.dev/valid-attachments": list,
      });
      expectNoKey(request, "cni.dev/later", "cni.dev/valid-attachments");
    },
  },
  {
    name: "keys-of-the-list-are-not-sent",
    rule: "R94",
    level: "SHOULD",
    tries: "adds to a network with cniVersions, disableCheck and disableGC",
    profile: "full",
    async run(scene) {
      const { version } = scene;
      const keys = { cniVersions: [version], disableCheck: true, disableGC: true };
      scene.network(["rec-a"], keys);
      await scene.add();
      const [call] = scene.recorder.calls("ADD");
      expectNoKey(call?.request ?? {}, "plugins", ...Object.keys(keys));
    },
  },
  {
    name: "args-of-the-file-arrive",
    rule: "R16",
    level: "SHOULD",
    tries: "adds to a network whose plugin has args in the file",
    profile: "full",
    async run(scene) {
      const args = { cni: { labels: [{ key: "app", value: "x" }] }, "org.example": { a: 1 } };
      const { request } = await requestFor(scene, { args });
      expectKey(request, "args", args);
    },
  },
];
