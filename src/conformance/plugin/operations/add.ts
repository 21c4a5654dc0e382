import { expect, expectSuccess } from "../answer.ts";
import { inEachVersion, onlyFor, type PluginCheck } from "../define.ts";
import { links } from "../observe.ts";

/** ADD, as every plugin has it. */

export const ADD: readonly PluginCheck[] = [
  ...inEachVersion({
    name: "add-answers-in-the-version-asked-for",
    rule: "R102",
    level: "MUST",
    tries: "calls ADD and looks at cniVersion of the result",
    profile: "quick",
    async run(scene) {
      const { result } = await scene.add();
      const came = result["cniVersion"];
      expect(came === scene.version, `cniVersion "${scene.version}" in the result`, came);
    },
  }),
  {
    name: "add-makes-the-interface",
    rule: "R38",
    level: "SHOULD",
    tries: "calls ADD and looks for CNI_IFNAME in the container",
    profile: "quick",
    unfit: onlyFor("interface"),
    async run(scene) {
      const { container } = await scene.add();
      const names = (await links(scene.world, container.name)).map(({ name }) => name);
      expect(names.includes(scene.ifName), `a link ${scene.ifName} in the container`, names);
    },
  },
  {
    name: "del-three-times",
    rule: "R48",
    level: "MUST",
    tries: "calls ADD, then DEL three times",
    profile: "quick",
    async run(scene) {
      const added = await scene.add();
      for (const time of ["first", "second", "third"]) {
        const config = { prevResult: added.result };
        const answer = await scene.call("DEL", { container: added.container, config });
        expectSuccess(answer, `the ${time} DEL`);
      }
    },
  },
];
