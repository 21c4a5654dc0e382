import type { Subject } from "../../subject/index.ts";
import { expect, expectSuccess } from "../answer.ts";
import type { PluginCheck } from "../define.ts";
import { links } from "../observe.ts";
import { changesNothing, expectEitherEnd, expectRefusal } from "./judge.ts";

/** Names that a runtime chooses: container IDs, interfaces, networks. */

const BAD_IDS = [
  ...[
    "-a",
    ".a",
    "_a",
    "a b",
    "a/b",
    "../a",
    "../../../../tmp/a",
    "a:b",
    "a;b",
    "ä",
    "a\n",
    "a\\b",
  ],
  ...["*", "$(id)", "a%00b", "a\tb"],
];

const GOOD_IDS = [
  ...["a", "0", "A.b_c-d", "a..b", "a-", "a_"],
  "3f2ab0c1d4e5968778695a4b3c2d1e0f3f2ab0c1d4e5968778695a4b3c2d1e0f",
];

/** The kernel takes none of these for a link: too long by a byte, a path, a blank, a colon. */
const UNUSABLE_LINKS = ["abcdefghijklmnop", ".", "..", "a/b", "../c", "a b", "a:b"];

/** Also 16 bytes in eight letters, and a blank that is none of ASCII's. */
const REFUSED_LINKS = [...UNUSABLE_LINKS, "ääääääää", "a\tb", "a\u{a0}b"];

/** Some plugins take these; the kernel reads `%d` as a request for a number. */
const STRANGE_LINKS = ["a%d", "äöü", "abcdefghijklmno", "7"];

const BAD_NETWORKS = ["a/b", "../a", ".a", "-a", "_a", "a b", "ä", "a\n", "a:b", "a\u{0}b"];

function makesInterface({ kind, adjusts = false }: Subject): string | undefined {
  if (kind !== "interface") return `not for a plugin of kind ${kind}`;
  return adjusts ? "it makes no interface" : undefined;
}

export const NAMES: readonly PluginCheck[] = [
  {
    name: "add-refuses-bad-container-ids",
    rule: "R29",
    level: "SHOULD",
    tries: "calls ADD with container IDs that the specification does not allow",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD with a bad container ID", async () => {
        for (const id of BAD_IDS) {
          const answer = await scene.call("ADD", { container, env: { CNI_CONTAINERID: id } });
          expectRefusal(answer, `ADD with the container ID ${JSON.stringify(id)}`, 4);
        }
      });
    },
  },
  {
    name: "container-id-is-no-path",
    rule: "R29",
    level: "SHOULD",
    tries: "calls ADD with a container ID that leads out of a directory",
    profile: "quick",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD with such a container ID", async () => {
        const env = { CNI_CONTAINERID: "../../../run/conformance-escape" };
        expectRefusal(await scene.call("ADD", { container, env }), "ADD with a path", 4);
      });
    },
  },
  {
    name: "del-with-bad-container-ids-takes-nothing",
    rule: "R29",
    level: "MUST",
    tries: "calls DEL with container IDs that are not allowed, beside an attachment",
    profile: "full",
    async run(scene) {
      const { container, result } = await scene.add();
      await changesNothing(scene, [container], "DEL with a bad container ID", async () => {
        for (const id of ["*", "../conformance-c1", `${container.containerId}/`, "?"]) {
          const env = { CNI_CONTAINERID: id, CNI_NETNS: "" };
          await scene.call("DEL", { container, config: { prevResult: result }, env });
        }
      });
    },
  },
  {
    name: "all-good-container-ids-work",
    rule: "R29",
    level: "MUST",
    tries: "calls ADD and DEL with the shortest, longest and strangest container IDs allowed",
    profile: "full",
    async run(scene) {
      const isReused = scene.subject.kind !== "chained";
      let container = await scene.container();
      for (const [at, id] of GOOD_IDS.entries()) {
        // A chained plugin may leave marks on an interface that goes soon after its DEL.
        if (at > 0 && !isReused) container = await scene.container(`c${at + 1}`);
        const env = { CNI_CONTAINERID: id };
        const added = await scene.add(container, { env });
        await scene.del(added, { env });
      }
    },
  },
  {
    name: "a-long-container-id-ends-cleanly",
    rule: "R29",
    level: "SHOULD",
    tries: "calls ADD with a container ID of 5,000 letters, and DEL if that worked",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      const env = { CNI_CONTAINERID: "a".repeat(5000) };
      const answer = await scene.call("ADD", { container, env });
      if (!expectEitherEnd(answer, "ADD with a long container ID")) return;
      expectSuccess(await scene.call("DEL", { container, env }), "DEL with the same");
    },
  },
  {
    name: "add-refuses-unusable-interface-names",
    rule: "R31",
    level: "MUST",
    tries: "calls ADD with interface names that the kernel does not take",
    profile: "quick",
    unfit: makesInterface,
    async run(scene) {
      const container = await scene.container();
      for (const name of UNUSABLE_LINKS) {
        const answer = await scene.call("ADD", { container, env: { CNI_IFNAME: name } });
        expectRefusal(answer, `ADD of the interface ${JSON.stringify(name)}`);
      }
    },
  },
  {
    name: "interface-names-are-code-4",
    rule: "R32",
    level: "SHOULD",
    tries: "calls ADD with interface names that no interface can have",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD with a bad interface name", async () => {
        for (const name of REFUSED_LINKS) {
          const answer = await scene.call("ADD", { container, env: { CNI_IFNAME: name } });
          expectRefusal(answer, `ADD of the interface ${JSON.stringify(name)}`, 4);
        }
      });
    },
  },
  {
    name: "the-interface-has-the-name-asked-for",
    rule: "R31",
    level: "MUST",
    tries: "calls ADD with strange interface names; an error is right as well",
    profile: "full",
    unfit: makesInterface,
    async run(scene) {
      const container = await scene.container();
      for (const name of STRANGE_LINKS) {
        const env = { CNI_IFNAME: name };
        const answer = await scene.call("ADD", { container, env });
        if (!expectEitherEnd(answer, `ADD of the interface ${name}`)) continue;
        const names = (await links(scene.world, container.name)).map((link) => link.name);
        expect(names.includes(name), `a link ${name} after ADD had succeeded`, names);
        await scene.call("DEL", { container, env });
      }
    },
  },
  {
    name: "a-network-needs-a-name",
    rule: "R6",
    level: "SHOULD",
    tries: "calls ADD with a configuration without a name, and with an empty one",
    profile: "quick",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD without a network's name", async () => {
        for (const name of [undefined, ""]) {
          const answer = await scene.call("ADD", { container, config: { name } });
          expectRefusal(answer, `ADD with the name ${JSON.stringify(name)}`, 7);
        }
      });
    },
  },
  {
    name: "bad-network-names-are-code-7",
    rule: "R6",
    level: "SHOULD",
    tries: "calls ADD with names of networks that are not allowed",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD with a bad network name", async () => {
        for (const name of BAD_NETWORKS) {
          const answer = await scene.call("ADD", { container, config: { name } });
          expectRefusal(answer, `ADD with the name ${JSON.stringify(name)}`, 7);
        }
      });
    },
  },
];
