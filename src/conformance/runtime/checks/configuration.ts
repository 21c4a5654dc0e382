import { expect } from "../../plugin/answer.ts";
import type { Json } from "../../subject/index.ts";
import { expectOrder } from "../compare.ts";
import { needs, needsVersion, type RuntimeCheck } from "../define.ts";
import { expectFailure, NETWORK, type RuntimeScene } from "../scene.ts";

/** The format of a network configuration, SPEC section 1. */

/** ADD of a configuration that is wrong: the runtime fails, and no plugin is called. */
async function expectRefused(scene: RuntimeScene): Promise<void> {
  const container = await scene.container();
  const reply = await scene.call("add", { container });
  expectFailure(reply, "ADD of a configuration that is wrong");
  expectOrder(scene.recorder.calls("ADD"), []);
}

interface Wrong {
  readonly name: string;
  readonly rule: RuntimeCheck["rule"];
  readonly level?: RuntimeCheck["level"];
  readonly tries: string;
  readonly keys: Readonly<Record<string, Json | undefined>>;
  readonly first?: string;
}

const WRONG: readonly Wrong[] = [
  {
    name: "cni-version-is-a-number",
    rule: "R2",
    tries: "adds to a network whose cniVersion is the number 1",
    keys: { cniVersion: 1 },
  },
  {
    name: "cni-versions-is-a-text",
    rule: "R3",
    tries: "adds to a network whose cniVersions is a text",
    keys: { cniVersions: "1.1.0" },
    first: "1.1.0",
  },
  {
    name: "cni-versions-has-a-number",
    rule: "R3",
    tries: "adds to a network whose cniVersions has a number in it",
    keys: { cniVersions: ["1.0.0", 1] },
    first: "1.1.0",
  },
  {
    name: "plugins-is-no-list",
    rule: "R14",
    tries: "adds to a network whose plugins is an object",
    keys: { plugins: { type: "rec-a" } },
  },
  {
    name: "plugins-is-empty",
    rule: "R14",
    level: "SHOULD",
    tries: "adds to a network without plugins",
    keys: { plugins: [] },
  },
  {
    name: "plugin-is-a-number",
    rule: "R14",
    tries: "adds to a network with a number among its plugins",
    keys: { plugins: [{ type: "rec-a" }, 5] },
  },
  {
    name: "plugin-without-type",
    rule: "R15",
    tries: "adds to a network with a plugin that has no type",
    keys: { plugins: [{ type: "rec-a" }, { mtu: 1400 }] },
  },
  {
    name: "type-is-a-path",
    rule: "R15",
    tries: "adds to a network with a plugin of type ../plugins/rec-a",
    keys: { plugins: [{ type: "../plugins/rec-a" }] },
  },
  {
    name: "capabilities-have-texts",
    rule: "R17",
    level: "SHOULD",
    tries: "adds to a network with a capability that is the text yes",
    keys: { plugins: [{ type: "rec-a", capabilities: { mac: "yes" } }] },
  },
];

const WRONG_CHECKS = WRONG.map(
  ({ name, rule, level = "MUST", tries, keys, first }): RuntimeCheck => {
    return {
      ...{ name: `refuses-${name}`, rule, level, tries, profile: "full" },
      ...(first === undefined ? {} : { unfit: needsVersion(first) }),
      async run(scene) {
        scene.network(["rec-a"], keys);
        await expectRefused(scene);
      },
    };
  },
);

/** The version that plugins are called with, of what a network offers. */
const CHOICES: readonly [name: string, keys: Readonly<Record<string, Json | undefined>>, string][] =
  [
    [
      "highest-of-cni-versions",
      { cniVersion: "0.4.0", cniVersions: ["0.4.0", "1.0.0", "0.3.1"] },
      "1.0.0",
    ],
    ["cni-version-counts-too", { cniVersion: "1.0.0", cniVersions: ["0.3.1", "0.4.0"] }, "1.0.0"],
    [
      "cni-versions-without-cni-version",
      { cniVersion: undefined, cniVersions: ["0.4.0", "1.0.0"] },
      "1.0.0",
    ],
    [
      "cni-versions-with-a-future-one",
      { cniVersion: "0.4.0", cniVersions: ["99.0.0", "1.0.0"] },
      "1.0.0",
    ],
  ];

const CHOICE_CHECKS = CHOICES.map(([name, keys, wanted]): RuntimeCheck => {
  return {
    ...{ name, rule: "R4", level: "MUST", profile: "full" },
    tries: `adds to a network with ${JSON.stringify(keys)} and looks at the request's cniVersion`,
    unfit: needsVersion("1.1.0"),
    async run(scene) {
      for (const type of ["rec-a", "rec-b"]) scene.recorder.install(scene.pluginDir, type, wanted);
      scene.network(["rec-a", "rec-b"], keys);
      await scene.add();
      const came = scene.recorder.calls("ADD").map(({ request }) => request["cniVersion"]);
      expect(
        came.length === 2 && came.every((one) => one === wanted),
        `cniVersion "${wanted}" in each request`,
        came,
      );
    },
  };
});

export const CONFIGURATION: readonly RuntimeCheck[] = [
  {
    name: "adds-a-list",
    rule: "R1",
    level: "MUST",
    tries: "adds a container to the network of a .conflist file",
    profile: "quick",
    async run(scene) {
      scene.network();
      await scene.add();
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a", "ADD rec-b", "ADD rec-c"]);
    },
  },
  ...["conf", "json"].map((ending): RuntimeCheck => {
    return {
      name: `adds-a-single-plugin-in-${ending}`,
      rule: "R23",
      level: "SHOULD",
      tries: `adds a container to the network of a .${ending} file, which is one plugin's`,
      profile: "full",
      unfit: needs("network"),
      async run(scene) {
        const { version: cniVersion } = scene;
        scene.file(
          `10-${NETWORK}.${ending}`,
          JSON.stringify({ cniVersion, name: NETWORK, type: "rec-a" }),
        );
        await scene.add();
        expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a"]);
      },
    };
  }),
  {
    name: "keys-that-are-unknown-are-no-fault",
    rule: "R22",
    level: "MUST",
    tries: "adds to a network with keys that no version of the specification has",
    profile: "full",
    async run(scene) {
      const keys = { "x-owner": { team: "a" }, later: [1, null] };
      scene.network([{ type: "rec-a", later: true }], keys);
      await scene.add();
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a"]);
    },
  },
  {
    name: "refuses-what-is-no-json",
    rule: "R1",
    level: "MUST",
    tries: "adds to a network whose file ends in the middle",
    profile: "quick",
    async run(scene) {
      const head = `{"cniVersion": "${scene.version}", "name": "${NETWORK}", "plugins": [`;
      scene.file(`10-${NETWORK}.conflist`, `${head}{"type": "rec-a"}`);
      await expectRefused(scene);
    },
  },
  {
    name: "refuses-a-list-of-networks",
    rule: "R1",
    level: "MUST",
    tries: "adds to a network whose file holds it in a list",
    profile: "full",
    async run(scene) {
      const network = { cniVersion: scene.version, name: NETWORK, plugins: [{ type: "rec-a" }] };
      scene.file(`10-${NETWORK}.conflist`, JSON.stringify([network]));
      await expectRefused(scene);
    },
  },
  ...WRONG_CHECKS,
  ...CHOICE_CHECKS,
];
