import type { Json } from "../../subject/index.ts";
import { expectError, expectSuccess } from "../answer.ts";
import { needsVersion, type PluginCheck } from "../define.ts";
import type { PluginScene } from "../scene.ts";
import { changesNothing, expectEitherEnd, expectRefusal } from "./judge.ts";

/** What a plugin must bear on stdin: nothing, half of it, too much of it. */

/** Reading, decoding and judging are three codes; which of them a fault has is the plugin's view. */
const CODES_OF_INPUT = [5, 6, 7];

const CODE_OF_KEYS = 2;

const NO_OBJECTS = ["[]", '"text"', "17", "true", '[{"cniVersion":"1.0.0"}]'];
const NO_JSON = ["", "  \n", "{", "banana", "{'a':1}", '{"a":1,}', "\u{0}\u{0}\u{0}", "<xml/>"];

async function refusesAll(scene: PluginScene, inputs: readonly string[]): Promise<void> {
  const container = await scene.container();
  await changesNothing(scene, [container], "ADD with such an input", async () => {
    for (const stdin of inputs) {
      const answer = await scene.call("ADD", { container, stdin });
      expectRefusal(answer, `ADD with ${JSON.stringify(stdin)} on stdin`, ...CODES_OF_INPUT);
    }
  });
}

/** A configuration that works, changed as text. */
interface Strange {
  readonly name: string;
  readonly tries: string;
  readonly change: (text: string) => string | Uint8Array;
  /** It is JSON without doubt, so that a plugin may object to the unknown key alone. */
  readonly isPlain?: boolean;
}

const DEPTH = 10_000;
const MEGABYTE = 2 ** 20;

/** With one member more in the object. */
function withMember(text: string, member: string): string {
  return `${text.slice(0, -1)},${member}}`;
}

const STRANGE: readonly Strange[] = [
  {
    name: "input-with-a-byte-order-mark",
    tries: "calls ADD with a byte order mark before the configuration",
    change: (text) => `\u{feff}${text}`,
  },
  {
    name: "input-with-text-behind-it",
    tries: "calls ADD with text behind the configuration",
    change: (text) => `${text} and more`,
  },
  {
    name: "input-of-two-documents",
    tries: "calls ADD with the configuration twice on stdin",
    change: (text) => `${text}\n${text}`,
  },
  {
    name: "input-with-double-keys",
    tries: "calls ADD with a configuration that has keys twice",
    change: (text) => withMember(text, '"name":"conformance-b","conformanceA":1,"conformanceA":2'),
  },
  {
    name: "input-with-huge-numbers",
    tries: "calls ADD with numbers that no machine word holds, under an unknown key",
    change: (text) =>
      withMember(text, '"conformanceNumbers":[123456789012345678901234567890,1e400,-0,0.1e-999]'),
  },
  {
    name: "input-with-nul-bytes",
    tries: "calls ADD with NUL bytes behind the configuration",
    change: (text) => `${text}\u{0}\u{0}`,
  },
  {
    name: "input-that-is-not-utf-8",
    tries: "calls ADD with a value that is not UTF-8, under an unknown key",
    change: (text) => {
      const [before = "", after = ""] = withMember(text, '"conformanceBytes":"?"').split("?");
      return Buffer.concat([Buffer.from(before), Buffer.of(0xff, 0xfe, 0xc3), Buffer.from(after)]);
    },
  },
  {
    name: "input-with-half-a-character",
    tries: "calls ADD with a lone surrogate as an escape, under an unknown key",
    change: (text) => withMember(text, '"conformanceText":"\\ud800 \\u0000"'),
  },
  {
    name: "input-with-deep-nesting",
    tries: "calls ADD with 10,000 lists in one another, under an unknown key",
    change: (text) =>
      withMember(text, `"conformanceDepth":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`),
  },
  {
    name: "input-of-a-megabyte",
    isPlain: true,
    tries: "calls ADD with 20,000 unknown keys, a megabyte",
    change: (text) => {
      const keys = Array.from(
        { length: 20_000 },
        (_, at) => `"conformance${at}":"${"x".repeat(32)}"`,
      );
      return withMember(text, keys.join(","));
    },
  },
  {
    name: "input-with-a-long-text",
    isPlain: true,
    tries: "calls ADD with a text of a megabyte under an unknown key",
    change: (text) => withMember(text, `"conformanceText":"${"x".repeat(MEGABYTE)}"`),
  },
];

/** Of another kind than each of these: nothing that a plugin reads is both. */
const OTHER_KINDS: readonly Json[] = [{ a: {} }, ["a", {}], -1, "banana"];

function kindOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

export const INPUT: readonly PluginCheck[] = [
  {
    name: "stdin-is-empty",
    rule: "R25",
    level: "MUST",
    tries: "calls ADD with nothing on stdin",
    profile: "quick",
    async run(scene) {
      await refusesAll(scene, [""]);
    },
  },
  {
    name: "stdin-is-not-json",
    rule: "R25",
    level: "MUST",
    tries: "calls ADD with text on stdin that is not JSON",
    profile: "full",
    async run(scene) {
      await refusesAll(scene, NO_JSON);
    },
  },
  {
    name: "stdin-is-no-object",
    rule: "R25",
    level: "MUST",
    tries: "calls ADD with JSON on stdin that is no object",
    profile: "full",
    async run(scene) {
      await refusesAll(scene, NO_OBJECTS);
    },
  },
  {
    name: "no-json-is-code-6",
    rule: "R25",
    level: "SHOULD",
    tries: "calls ADD with a word and with half a configuration, and reads the code",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      for (const stdin of ["banana", '{"cniVersion":']) {
        const answer = await scene.call("ADD", { container, stdin });
        expectError(answer, `ADD with ${stdin} on stdin`, { codes: [6] });
      }
    },
  },
  {
    name: "stdin-is-cut-off",
    rule: "R25",
    level: "MUST",
    tries: "calls ADD with a configuration that ends early",
    profile: "full",
    async run(scene) {
      const text = JSON.stringify(scene.config());
      await refusesAll(scene, [text.slice(0, -1), text.slice(0, text.length / 2), text.slice(1)]);
    },
  },
  ...(["CHECK", "STATUS", "GC"] as const).map((operation): PluginCheck => {
    return {
      name: `${operation.toLowerCase()}-without-a-configuration`,
      rule: "R25",
      level: "SHOULD",
      tries: `calls ${operation} with nothing on stdin, and with half a configuration`,
      profile: "full",
      unfit: needsVersion(operation === "CHECK" ? "0.4.0" : "1.1.0"),
      async run(scene) {
        const { container } = await scene.add();
        await changesNothing(scene, [container], `${operation} with such an input`, async () => {
          for (const stdin of ["", '{"cniVersion":']) {
            const options = operation === "CHECK" ? { container, stdin } : { stdin };
            const answer = await scene.call(operation, options);
            expectRefusal(answer, `${operation} with ${JSON.stringify(stdin)} on stdin`);
          }
        });
      },
    };
  }),
  {
    name: "del-without-a-configuration-ends-cleanly",
    rule: "R25",
    level: "SHOULD",
    tries: "calls DEL with nothing, with half a configuration and with a list on stdin",
    profile: "full",
    async run(scene) {
      const { container } = await scene.add();
      for (const stdin of ["", '{"cniVersion":', "[]"]) {
        const answer = await scene.call("DEL", { container, stdin });
        expectEitherEnd(answer, `DEL with ${JSON.stringify(stdin)} on stdin`);
      }
    },
  },
  ...STRANGE.map(({ name, tries, change, isPlain = false }): PluginCheck => {
    return {
      name,
      rule: "R27",
      level: "SHOULD",
      tries: `${tries}; ${isPlain ? "an error of code 2" : "an error object"} is right as well`,
      profile: "full",
      async run(scene) {
        const container = await scene.container();
        const { prevResult } = container; // JSON leaves it out where it is undefined.
        const stdin = change(JSON.stringify({ ...scene.config(container), prevResult }));
        const answer = await scene.call("ADD", { container, stdin });
        if (!expectEitherEnd(answer, "ADD")) {
          if (isPlain) expectRefusal(answer, "ADD", CODE_OF_KEYS);
          return;
        }
        expectSuccess(await scene.call("DEL", { container, stdin }), "DEL with the same input");
      },
    };
  }),
  {
    name: "keys-of-another-kind-end-cleanly",
    rule: "R27",
    level: "SHOULD",
    tries: "calls ADD with each key of its configuration once of another kind",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      const keys = Object.entries(scene.config(container));
      for (const [key, value] of keys) {
        if (key === "cniVersion" || key === "name") continue;
        for (const other of OTHER_KINDS.filter((each) => kindOf(each) !== kindOf(value))) {
          const config = { [key]: other };
          const answer = await scene.call("ADD", { container, config });
          const what = `ADD with "${key}": ${JSON.stringify(other)}`;
          if (!expectEitherEnd(answer, what)) continue;
          await scene.call("DEL", { container, config });
        }
      }
    },
  },
];
