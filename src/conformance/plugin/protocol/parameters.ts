import { Finding } from "../../check.ts";
import type { Subject } from "../../subject/index.ts";
import { type Answer, expect, expectSuccess } from "../answer.ts";
import { needsVersion, type PluginCheck } from "../define.ts";
import { changesNothing, expectEitherEnd, expectRefusal, textOf } from "./judge.ts";

/** The parameters of each operation: what is demanded, what may be missing, what has to be borne. */

const ATTACHMENT = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"];
/** Unset, and as a runtime that sets every variable leaves it out. */
const MISSING = [
  ["without", undefined],
  ["with an empty", ""],
] as const;

/** Code 4 has to name the parameter; a code of the plugin's own says what it likes. */
function expectNamed(answer: Answer, what: string, parameter: string): void {
  const error = expectRefusal(answer, what, 4);
  if (error.code !== 4) return;
  const text = textOf(error);
  expect(text.includes(parameter), `the error of ${what} names ${parameter}`, text);
}

function delegatesToIpam({ kind, ipam }: Subject): string | undefined {
  return kind === "interface" && ipam !== null ? "it finds its IPAM plugin by CNI_PATH" : undefined;
}

export const PARAMETERS: readonly PluginCheck[] = [
  {
    name: "add-demands-its-parameters",
    rule: "R43",
    level: "MUST",
    tries: "calls ADD without CNI_CONTAINERID, without CNI_NETNS and without CNI_IFNAME",
    profile: "quick",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD without a parameter", async () => {
        for (const parameter of ATTACHMENT) {
          const answer = await scene.call("ADD", { container, env: { [parameter]: undefined } });
          expectNamed(answer, `ADD without ${parameter}`, parameter);
        }
      });
    },
  },
  {
    name: "add-takes-no-empty-parameter",
    rule: "R43",
    level: "MUST",
    tries: "calls ADD with an empty CNI_CONTAINERID, CNI_NETNS and CNI_IFNAME",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "ADD with an empty parameter", async () => {
        for (const parameter of ATTACHMENT) {
          const answer = await scene.call("ADD", { container, env: { [parameter]: "" } });
          expectNamed(answer, `ADD with an empty ${parameter}`, parameter);
        }
      });
    },
  },
  {
    name: "del-demands-its-parameters",
    rule: "R49",
    level: "MUST",
    tries: "calls DEL without CNI_CONTAINERID and without CNI_IFNAME, beside an attachment",
    profile: "full",
    async run(scene) {
      const { container, result } = await scene.add();
      await changesNothing(scene, [container], "DEL without a parameter", async () => {
        for (const parameter of ["CNI_CONTAINERID", "CNI_IFNAME"]) {
          for (const [how, value] of MISSING) {
            const env = { [parameter]: value };
            const config = { prevResult: result };
            const answer = await scene.call("DEL", { container, config, env });
            expectNamed(answer, `DEL ${how} ${parameter}`, parameter);
          }
        }
      });
    },
  },
  {
    name: "check-demands-its-parameters",
    rule: "R58",
    level: "MUST",
    tries: "calls CHECK without CNI_CONTAINERID, without CNI_NETNS and without CNI_IFNAME",
    profile: "full",
    unfit: needsVersion("0.4.0"),
    async run(scene) {
      const added = await scene.add();
      for (const parameter of ATTACHMENT) {
        for (const [how, value] of MISSING) {
          const answer = await scene.check(added, { env: { [parameter]: value } });
          expectNamed(answer, `CHECK ${how} ${parameter}`, parameter);
        }
      }
    },
  },
  {
    name: "missing-parameters-are-code-4",
    rule: "R43",
    level: "SHOULD",
    tries: "calls ADD without any parameter but CNI_COMMAND and CNI_PATH",
    profile: "full",
    async run(scene) {
      const error = expectRefusal(await scene.call("ADD"), "ADD without parameters", 4);
      expect(error.code === 4, "code 4", error.json);
      const text = textOf(error);
      const left = ATTACHMENT.filter((parameter) => !text.includes(parameter));
      expect(left.length === 0, `an error that names ${ATTACHMENT.join(", ")}`, text);
    },
  },
  {
    name: "add-with-empty-cni-args",
    rule: "R43",
    level: "MUST",
    tries: "calls ADD with an empty CNI_ARGS",
    profile: "full",
    unfit: ({ args }) => (args === undefined ? undefined : "it is run with CNI_ARGS"),
    async run(scene) {
      await scene.add(undefined, { env: { CNI_ARGS: "" } });
    },
  },
  {
    name: "without-cni-path",
    rule: "R43",
    level: "SHOULD",
    tries: "calls ADD and DEL without CNI_PATH; an error that names it is right as well",
    profile: "full",
    unfit: delegatesToIpam,
    async run(scene) {
      const container = await scene.container();
      for (const operation of ["ADD", "DEL"]) {
        const answer = await scene.call(operation, { container, env: { CNI_PATH: undefined } });
        if (answer.exitCode === 0) continue;
        expectNamed(answer, `${operation} without CNI_PATH`, "CNI_PATH");
      }
    },
  },
  {
    name: "kubernetes-arguments-are-borne",
    rule: "R33",
    level: "SHOULD",
    tries: "calls ADD and DEL with the CNI_ARGS that runtimes of Kubernetes send",
    profile: "quick",
    async run(scene) {
      const pairs = [
        ...(scene.subject.args === undefined ? [] : [scene.subject.args]),
        "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0",
        "K8S_POD_INFRA_CONTAINER_ID=conformance-c1;K8S_POD_UID=5f0c2f1e-6b1c-4a52",
      ];
      const env = { CNI_ARGS: pairs.join(";") };
      const added = await scene.add(undefined, { env });
      await scene.del(added, { env });
    },
  },
  {
    name: "malformed-arguments-end-cleanly",
    rule: "R33",
    level: "SHOULD",
    tries: "calls ADD with CNI_ARGS that are no list of pairs",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      for (const args of ["nothing", "=", ";;;", "A=B=C;", "a".repeat(100_000)]) {
        const answer = await scene.call("ADD", { container, env: { CNI_ARGS: args } });
        const what = `ADD with CNI_ARGS ${args.slice(0, 10)}`;
        if (!expectEitherEnd(answer, what)) continue;
        expectSuccess(await scene.call("DEL", { container, env: { CNI_ARGS: args } }));
      }
    },
  },
  {
    name: "foreign-variables-are-borne",
    rule: "R25",
    level: "SHOULD",
    tries: "calls ADD with variables that the specification does not know",
    profile: "full",
    async run(scene) {
      const env = { CNI_CONFORMANCE: "1", TRACEPARENT: "00-0-0-00", LANG: "xx", HOME: "/nowhere" };
      await scene.add(undefined, { env });
    },
  },
  {
    name: "unknown-command",
    rule: "R28",
    level: "MUST",
    tries: "calls it with the command CONFORMANCE",
    profile: "quick",
    async run(scene) {
      const container = await scene.container();
      const answer = await scene.call("CONFORMANCE", { container });
      const error = expectRefusal(answer, "the command CONFORMANCE", 4);
      const text = textOf(error);
      const names = text.includes("CNI_COMMAND") || text.includes("CONFORMANCE");
      expect(error.code !== 4 || names, "an error that names CNI_COMMAND", text);
    },
  },
  {
    name: "command-in-small-letters",
    rule: "R28",
    level: "MUST",
    tries: "calls it with the commands add, Add and ADD with a blank",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "a command that there is not", async () => {
        for (const command of ["add", "Add", " ADD", "ADD "]) {
          const answer = await scene.call(command, { container });
          expectRefusal(answer, `the command ${JSON.stringify(command)}`, 4);
        }
      });
    },
  },
  {
    name: "without-command",
    rule: "R28",
    level: "MUST",
    tries: "calls it without CNI_COMMAND; a word for people, and no answer, is right as well",
    profile: "full",
    async run(scene) {
      const container = await scene.container();
      await changesNothing(scene, [container], "a call without CNI_COMMAND", async () => {
        for (const [how, value] of MISSING) {
          const answer = await scene.call("ADD", { container, env: { CNI_COMMAND: value } });
          if (answer.exitCode === 0 && answer.json === undefined) continue;
          expectNamed(answer, `a call ${how} CNI_COMMAND`, "CNI_COMMAND");
        }
      });
    },
  },
  ...["STATUS", "GC"].map((operation): PluginCheck => {
    return {
      name: `${operation.toLowerCase()}-needs-no-attachment`,
      rule: operation === "GC" ? "R68" : "R62",
      level: "MUST",
      tries: `calls ${operation} with the parameters of attachments missing, then empty`,
      profile: "full",
      unfit: needsVersion("1.1.0"),
      async run(scene) {
        for (const [how, value] of MISSING) {
          const entries = [...ATTACHMENT, "CNI_ARGS"].map((name) => [name, value] as const);
          const env = Object.fromEntries(entries);
          const config = operation === "GC" ? { "cni.dev/valid-attachments": [] } : {};
          const answer = await scene.call(operation, { env, config });
          expectSuccess(answer, `${operation} ${how} parameters of attachments`);
        }
      },
    };
  }),
  {
    name: "gc-without-cni-path",
    rule: "R70",
    level: "SHOULD",
    tries: "calls GC without CNI_PATH, which the specification demands for it",
    profile: "full",
    unfit: needsVersion("1.1.0"),
    async run(scene) {
      const answer = await scene.gc([], { env: { CNI_PATH: undefined } });
      if (answer.exitCode === 0) {
        throw new Finding({ expected: "GC without CNI_PATH fails", came: "exit code 0" });
      }
      expectNamed(answer, "GC without CNI_PATH", "CNI_PATH");
    },
  },
];
