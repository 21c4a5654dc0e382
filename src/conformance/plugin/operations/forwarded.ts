import { NotTried } from "../../check.ts";
import { type Answer, brief, expect, expectSuccess, parsed } from "../answer.ts";
import { delegates, needsVersion, type PluginCheck, unless } from "../define.ts";
import type { PluginScene } from "../scene.ts";
import { tryDel } from "./attached.ts";

/** An IPAM plugin gets the whole configuration in each operation, and each operation once. */

const FIRST = { DEL: "0.1.0", CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" } as const;
type Operation = keyof typeof FIRST;

const EXTRA = { conformance: { text: "<&> ä", list: [1, null] } };

async function called(scene: PluginScene, operation: Operation): Promise<Answer> {
  const added = await scene.add();
  if (operation === "DEL") return await tryDel(scene, added, EXTRA);
  if (operation === "CHECK") return await scene.check(added, { config: EXTRA });
  if (operation === "GC") return await scene.gc([added.container], { config: EXTRA });
  return await scene.call(operation, { config: EXTRA });
}

export const FORWARDED: readonly PluginCheck[] = [
  ...(["DEL", "CHECK", "GC", "STATUS"] as const).map((operation): PluginCheck => {
    return {
      name: `delegate-gets-the-configuration-of-${operation.toLowerCase()}`,
      rule: "R96",
      level: "MUST",
      tries: `calls ADD and ${operation}, and compares what IPAM was given with what was sent`,
      profile: "full",
      unfit: unless(delegates, needsVersion(FIRST[operation])),
      async run(scene) {
        const answer = await called(scene, operation);
        expectSuccess(answer, operation);
        const call = scene.stub.calls(operation).at(-1);
        if (call === undefined) throw new NotTried(`it does not call IPAM with ${operation}`);
        const came = parsed(call.stdin);
        const sent = parsed(answer.exchange.stdin ?? "");
        const expected = `the delegate gets the plugin's configuration ${brief(sent)}`;
        expect(Bun.deepEquals(came, sent), expected, came ?? "none that is JSON");
      },
    };
  }),
  {
    name: "delegate-is-called-once",
    rule: "R96",
    level: "SHOULD",
    tries: "calls ADD, and counts the calls of IPAM",
    profile: "full",
    unfit: delegates,
    async run(scene) {
      await scene.add();
      const { length } = scene.stub.calls("ADD");
      expect(length === 1, "one ADD of IPAM", `${length}`);
    },
  },
];
