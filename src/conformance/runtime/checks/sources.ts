import { expect } from "../../plugin/answer.ts";
import { expectOrder, order } from "../compare.ts";
import { needs, needsVersion, type RuntimeCheck, unless } from "../define.ts";
import { expectFailure, NETWORK, type RuntimeScene } from "../scene.ts";

/** From which files a network comes: its own, those of others beside it, and drop-ins. */

const dropIns = unless(needs("dropIns"), needsVersion("1.1.0"));

function dropIn(scene: RuntimeScene, file: string, type: string): void {
  scene.file(`${NETWORK}/${file}`, JSON.stringify({ type }));
}

export const SOURCES: readonly RuntimeCheck[] = [
  {
    name: "the-network-that-was-named",
    rule: "R14",
    level: "MUST",
    tries: "adds to one of two networks of a directory",
    profile: "quick",
    unfit: needs("network"),
    async run(scene) {
      scene.network(["rec-b"], { name: "another" }, "05-another.conflist");
      scene.network(["rec-a"]);
      await scene.add();
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a"]);
    },
  },
  {
    name: "two-files-of-one-name-are-not-mixed",
    rule: "R14",
    level: "MUST",
    tries: "adds to a network that two files define",
    profile: "full",
    async run(scene) {
      scene.network(["rec-a", "rec-b"], {}, "10-one.conflist");
      scene.network(["rec-c"], {}, "20-two.conflist");
      const container = await scene.container();
      await scene.call("add", { container }); // It may refuse what is ambiguous.
      const came = order(scene.recorder.calls("ADD"));
      const fits = ["", "ADD rec-a,ADD rec-b", "ADD rec-c"].includes(came.join());
      expect(fits, "the plugins of one of the files, or none", came);
    },
  },
  ...[
    ["before", "05-broken.conflist"],
    ["behind", "20-broken.conflist"],
  ].map(([where = "", file = ""]): RuntimeCheck => {
    return {
      name: `a-broken-file-${where}-the-network`,
      rule: "R14",
      level: "SHOULD",
      tries: `adds to a network beside a file that is no JSON and sorts ${where} it`,
      profile: "full",
      unfit: needs("network"),
      async run(scene) {
        scene.file(file, "{ broken");
        scene.network(["rec-a"]);
        await scene.add();
        expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a"]);
      },
    };
  }),
  {
    name: "drop-ins-are-appended",
    rule: "R11",
    level: "MUST",
    tries: "adds to a network with drop-ins of two plugins",
    profile: "full",
    unfit: dropIns,
    async run(scene) {
      scene.network(["rec-a"]);
      dropIn(scene, "10-second.conf", "rec-c");
      dropIn(scene, "05-first.conf", "rec-b");
      const container = await scene.add();
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a", "ADD rec-b", "ADD rec-c"]);
      await scene.done("del", { container });
      expectOrder(scene.recorder.calls("DEL"), ["DEL rec-c", "DEL rec-b", "DEL rec-a"]);
    },
  },
  {
    name: "drop-ins-have-name-and-version-of-the-network",
    rule: "R87",
    level: "MUST",
    tries: "adds to a network with a drop-in that has another name and version",
    profile: "full",
    unfit: dropIns,
    async run(scene) {
      scene.network(["rec-a"]);
      const plugin = { type: "rec-b", name: "other", cniVersion: "0.3.1" };
      scene.file(`${NETWORK}/10-second.conf`, JSON.stringify(plugin));
      await scene.add();
      const [call] = scene.recorder.calls("ADD", "rec-b");
      const { name, cniVersion } = call?.request ?? {};
      const fits = name === NETWORK && cniVersion === scene.version;
      expect(fits, `name "${NETWORK}" and cniVersion "${scene.version}"`, { name, cniVersion });
    },
  },
  {
    name: "load-only-inlined-plugins",
    rule: "R12",
    level: "MUST",
    tries: "adds to a network that has drop-ins and loadOnlyInlinedPlugins",
    profile: "full",
    unfit: dropIns,
    async run(scene) {
      scene.network(["rec-a"], { loadOnlyInlinedPlugins: true });
      dropIn(scene, "10-second.conf", "rec-b");
      await scene.add();
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-a"]);
    },
  },
  {
    name: "load-only-inlined-plugins-without-plugins",
    rule: "R13",
    level: "MUST",
    tries: "adds to a network that has loadOnlyInlinedPlugins and no plugins",
    profile: "full",
    unfit: dropIns,
    async run(scene) {
      scene.network([], { loadOnlyInlinedPlugins: true, plugins: undefined });
      dropIn(scene, "10-second.conf", "rec-b");
      const container = await scene.container();
      expectFailure(await scene.call("add", { container }), "ADD to a network that cannot be");
      expectOrder(scene.recorder.calls("ADD"), []);
    },
  },
  {
    name: "a-network-of-drop-ins-alone",
    rule: "R11",
    level: "SHOULD",
    tries: "adds to a network whose plugins are drop-ins",
    profile: "full",
    unfit: dropIns,
    async run(scene) {
      scene.network([], { plugins: undefined });
      dropIn(scene, "10-second.conf", "rec-b");
      await scene.add();
      expectOrder(scene.recorder.calls("ADD"), ["ADD rec-b"]);
    },
  },
];
