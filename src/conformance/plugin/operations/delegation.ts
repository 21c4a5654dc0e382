import { Finding, NotTried } from "../../check.ts";
import type { JsonObject } from "../../subject/index.ts";
import {
  type Answer,
  brief,
  ending,
  expect,
  expectError,
  expectSuccess,
  parsed,
} from "../answer.ts";
import { delegates, needsVersion, type PluginCheck, unless } from "../define.ts";
import { addresses } from "../observe.ts";
import type { PluginScene } from "../scene.ts";
import { familyOf, inShape } from "../shape.ts";
import { STUB, STUB_DIR, type StubCall } from "../stub.ts";
import { addressesOf, plainPrefix, tryDel } from "./attached.ts";

/** Delegation to an IPAM plugin: it is found, it is called for every operation, its word counts. */

const FAILURE = { cniVersion: "1.0.0", code: 123, msg: "conformance wants this to fail" };

export const DELEGATION: readonly PluginCheck[] = [
  {
    name: "delegate-gets-the-environment",
    rule: "R96",
    level: "MUST",
    tries: "calls ADD with a variable of its own, and compares what IPAM was called with",
    profile: "quick",
    unfit: delegates,
    run: getsTheEnvironment,
  },
  {
    name: "delegate-gets-the-configuration",
    rule: "R96",
    level: "MUST",
    tries: "calls ADD with keys that no plugin knows, and compares what IPAM was called with",
    profile: "quick",
    unfit: delegates,
    run: getsTheConfiguration,
  },
  {
    name: "delegate-is-the-first-in-the-path",
    rule: "R95",
    level: "SHOULD",
    tries: "calls ADD with two directories in CNI_PATH that both have the IPAM plugin",
    profile: "full",
    unfit: delegates,
    run: firstInThePath,
  },
  {
    name: "delegate-speaks-on-stderr",
    rule: "R98",
    level: "SHOULD",
    tries: "calls ADD where IPAM writes a line on standard error",
    profile: "full",
    unfit: delegates,
    async run(scene) {
      scene.stub.say("conformance speaks\n");
      const answer = await scene.call("ADD", { container: await scene.container() });
      expectSuccess(answer);
      const said = answer.stderr.includes("conformance speaks");
      expect(said, "the delegate's line on standard error", answer.stderr);
    },
  },
  {
    name: "delegate-gives-both-families",
    rule: "R38",
    level: "SHOULD",
    tries: "calls ADD where IPAM gives an address of each family",
    profile: "full",
    unfit: delegates,
    run: givesBothFamilies,
  },
  ...forwarded("DEL", "R99", "quick"),
  ...forwarded("CHECK", "R99", "quick", "0.4.0"),
  ...forwarded("GC", "R67", "full", "1.1.0"),
  ...forwarded("STATUS", "R61", "full", "1.1.0"),
  ...BAD_ANSWERS(),
];

/** An operation is called on the delegate too, and fails where the delegate fails. */
function forwarded(
  operation: string,
  rule: PluginCheck["rule"],
  profile: PluginCheck["profile"],
  first = "0.1.0",
): PluginCheck[] {
  const unfit = unless(delegates, needsVersion(first));
  const small = operation.toLowerCase();
  return [
    {
      name: `delegate-gets-${small}`,
      rule,
      level: "MUST",
      tries: `calls ADD and ${operation}, and looks whether IPAM got it`,
      profile,
      unfit,
      async run(scene) {
        expectSuccess(await called(scene, operation), operation);
        const { length } = scene.stub.calls(operation);
        expect(length > 0, `IPAM is called with ${operation}`, names(scene.stub.calls()));
      },
    },
    {
      name: `delegate-fails-${small}`,
      rule,
      level: "MUST",
      tries: `calls ADD, and ${operation} where IPAM fails`,
      profile,
      unfit,
      async run(scene) {
        scene.stub.failOn(operation, FAILURE);
        expectError(await called(scene, operation), `${operation} where IPAM fails`);
      },
    },
  ];
}

async function called(scene: PluginScene, operation: string): Promise<Answer> {
  const added = await scene.add();
  if (operation === "DEL") return await tryDel(scene, added);
  if (operation === "CHECK") return await scene.check(added);
  if (operation === "GC") return await scene.gc([added.container]);
  return await scene.call(operation);
}

function names(calls: readonly StubCall[]): string[] {
  return calls.map(({ command }) => command);
}

/** The one ADD of the delegate; its absence is a finding. */
function addOf(scene: PluginScene): StubCall {
  const [call] = scene.stub.calls("ADD");
  expect(call !== undefined, "IPAM is called with ADD", names(scene.stub.calls()));
  return call;
}

async function getsTheEnvironment(scene: PluginScene): Promise<void> {
  const container = await scene.container();
  const env = { CNI_ARGS: "IgnoreUnknown=1;CONFORMANCE=yes", CONFORMANCE_MARK: "a b=c" };
  expectSuccess(await scene.call("ADD", { container, env }));
  const wanted: Record<string, string> = {
    ...env,
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: container.containerId,
    CNI_NETNS: container.netns,
    CNI_IFNAME: container.ifName,
    CNI_PATH: scene.pluginPath(),
  };
  const came = addOf(scene).env;
  const wrong = Object.entries(wanted).filter(([key, value]) => came[key] !== value);
  const inWords = wrong.map(([key]) => `${key}=${came[key] ?? "(not set)"}`);
  const expected = wrong.map(([key, value]) => `${key}=${value}`).join(", ");
  expect(wrong.length === 0, `the delegate's environment has ${expected}`, inWords);
}

async function getsTheConfiguration(scene: PluginScene): Promise<void> {
  const container = await scene.container();
  const config = { conformance: { text: "<&> ä", list: [1, 2.5, null, { deep: [true] }] } };
  const answer = await scene.call("ADD", { container, config });
  expectSuccess(answer);
  const came = parsed(addOf(scene).stdin);
  const sent = parsed(answer.exchange.stdin ?? "");
  const isSame = Bun.deepEquals(came, sent);
  expect(isSame, `the delegate gets the plugin's configuration ${brief(sent)}`, came);
}

async function firstInThePath(scene: PluginScene): Promise<void> {
  const first = "/run/conformance/first";
  const mark = `${first}/was-called`;
  const script = `#!/bin/sh\n: >${mark}\nexec ${STUB_DIR}/${STUB} "$@"\n`;
  scene.world.write(`${first}/${STUB}`, script, 0o755);
  const env = { CNI_PATH: `${first}:${scene.pluginPath()}` };
  const container = await scene.container();
  expectSuccess(await scene.call("ADD", { container, env }));
  const isFirst = scene.world.read(mark) !== undefined;
  expect(isFirst, "the delegate of the first directory is called", "that of another one");
}

async function givesBothFamilies(scene: PluginScene): Promise<void> {
  const wanted = ["10.245.0.9/24", "fd00:245::9/64"];
  const ips = wanted.map((address) => ({ address }));
  const hasIpv6 = await scene.world.run(["test", "-e", "/proc/net/if_inet6"], { silent: true });
  if (hasIpv6.exitCode !== 0) throw new NotTried("this kernel has no IPv6");
  scene.stub.answer(JSON.stringify(inShape(scene.version, { ips })));
  const { container, result } = await scene.add();
  const there = (await addresses(scene.world, container.name, container.ifName)).map(plainPrefix);
  const said = addressesOf(result).map(({ address }) => plainPrefix(address));
  for (const address of wanted.map(plainPrefix)) {
    const family = `IPv${familyOf(address)}`;
    expect(there.includes(address), `the ${family} address ${address} on the interface`, there);
    expect(said.includes(address), `the ${family} address ${address} in the result`, said);
  }
}

/** A delegate that is missing, fails, or says nothing that is a result. */
function BAD_ANSWERS(): PluginCheck[] {
  const garbage: readonly (readonly [string, string, string])[] = [
    ["garbage", "prints what is not JSON", "conformance: this is no result"],
    ["nothing", "prints nothing", ""],
    ["a-bad-address", "gives an address that is none", "BAD"],
  ];
  return [
    {
      name: "delegate-fails-add",
      rule: "R101",
      level: "MUST",
      tries: "calls ADD where IPAM fails",
      profile: "quick",
      unfit: delegates,
      async run(scene) {
        scene.stub.failOn("ADD", FAILURE);
        const answer = await scene.call("ADD", { container: await scene.container() });
        expectError(answer, "ADD where IPAM fails");
      },
    },
    {
      name: "delegate-fails-add-with-its-code",
      rule: "R101",
      level: "SHOULD",
      tries: "calls ADD where IPAM fails, and looks at code and message",
      profile: "full",
      unfit: delegates,
      async run(scene) {
        scene.stub.failOn("ADD", FAILURE);
        const answer = await scene.call("ADD", { container: await scene.container() });
        const { code, msg, json } = expectError(answer, "ADD where IPAM fails", { codes: [123] });
        const text = `${msg} ${brief(json["details"] ?? "")}`;
        expect(text.includes(FAILURE.msg), `IPAM's message "${FAILURE.msg}"`, { code, msg });
      },
    },
    {
      name: "delegate-is-missing",
      rule: "R101",
      level: "MUST",
      tries: "calls ADD with a CNI_PATH without the IPAM plugin",
      profile: "full",
      unfit: delegates,
      async run(scene) {
        const env = { CNI_PATH: "/run/conformance/tmp" };
        const answer = await scene.call("ADD", { container: await scene.container(), env });
        expectError(answer, "ADD without the IPAM plugin");
      },
    },
    ...garbage.map(([what, tries, text]): PluginCheck => {
      return {
        name: `delegate-answers-${what}`,
        rule: "R101",
        level: "MUST",
        tries: `calls ADD where IPAM succeeds and ${tries}`,
        profile: "full",
        unfit: delegates,
        async run(scene) {
          scene.stub.answer(text === "BAD" ? JSON.stringify(badResult(scene.version)) : text);
          const answer = await scene.call("ADD", { container: await scene.container() });
          if (answer.exitCode !== 0 && answer.exitCode !== undefined) return;
          throw new Finding({ expected: `ADD fails where IPAM ${tries}`, came: ending(answer) });
        },
      };
    }),
  ];
}

function badResult(version: string): JsonObject {
  return inShape(version, { ips: [{ address: "10.245.0.300/24" }] });
}
