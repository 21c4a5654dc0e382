import { describe, expect, test } from "bun:test";
import type { Executor, PluginAnswer, PluginCall } from "../invoke/index.ts";
import {
  argsFrom,
  capabilitiesFrom,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../spec/index.ts";
import type { Context } from "./context.ts";
import { definePlugin } from "./definition.ts";
import { pluginError } from "./errors.ts";
import { type TrialOutcome, tryPlugin } from "./try.ts";

interface Asked {
  readonly operation: string;
  readonly type: string;
  readonly ifName: string;
  readonly args: string;
  readonly request: JsonObject;
  readonly isBound: boolean;
}

/** Plugins that note what they are asked; those of `fails` fail at their ADD, those of `stuck` at DEL. */
class Plugins implements Executor {
  readonly asked: Asked[] = [];
  readonly fails = new Set<string>();
  readonly stuck = new Set<string>();
  readonly missing = new Set<string>();

  find(type: string): string {
    if (this.missing.has(type)) throw pluginError(150, `no ${type}`);
    return `/opt/cni/bin/${type}`;
  }

  async run({ operation, type, env, stdin, signal }: PluginCall): Promise<PluginAnswer> {
    const request = parseJson(stdin.toString());
    if (!isObject(request)) throw new Error("no request");
    const { CNI_IFNAME: ifName = "", CNI_ARGS: args = "" } = env;
    this.asked.push({ operation, type, ifName, args, request, isBound: signal !== undefined });
    const isBad =
      (operation === "ADD" && this.fails.has(type)) ||
      (operation === "DEL" && this.stuck.has(type));
    const address = `10.1.${this.asked.length}.2/24`;
    const cniVersion = request["cniVersion"] as string;
    const ips = cniVersion === "0.4.0" ? [{ version: "4", address }] : [{ address }];
    const answer = isBad ? { code: 111, msg: `${type} has failed` } : { cniVersion, ips };
    const stdout = operation === "ADD" || isBad ? JSON.stringify(answer) : "";
    return await Promise.resolve({
      ...{ stdout, stderr: "", exitCode: isBad ? 1 : 0, signal: null, ms: 1 },
    });
  }

  get order(): string[] {
    return this.asked.map(({ operation, type }) => `${operation} ${type}`);
  }
}

type Body = (ctx: Context) => Promise<unknown>;

async function within(
  plugins: Plugins,
  body: Body,
  trial: {
    readonly operation?: "ADD" | "DEL" | "CHECK" | "GC" | "STATUS";
    readonly more?: JsonObject;
  } = {},
): Promise<TrialOutcome> {
  const run = async (ctx: Context): Promise<void> => void (await body(ctx));
  const plugin = definePlugin({
    ...{ name: "meta", add: run, del: run, check: run, gc: run, status: run },
  });
  const config = { cniVersion: "1.1.0", name: "net", type: "meta", big: "x", ...trial.more };
  const operation = trial.operation ?? "ADD";
  const args = "IgnoreUnknown=1;K8S_POD_NAME=web";
  return await tryPlugin(plugin, { operation, config, args, executor: plugins });
}

const PREV = { cniVersion: "1.1.0", ips: [{ address: "10.9.0.5/16" }] };
const listed = (...names: string[]): JsonValue[] =>
  names.map((containerID) => ({ containerID, ifname: "eth0" }));

test("a plugin that is named as its own delegate is refused, also in a DEL; a call of another kind is not", async () => {
  for (const operation of ["ADD", "DEL", "CHECK", "GC", "STATUS"] as const) {
    const plugins = new Plugins();
    const more = { "cni.dev/valid-attachments": [] };
    const verb = operation.toLowerCase() as Lowercase<typeof operation>;
    const ask = async ({ delegate }: Context): Promise<unknown> =>
      await delegate.with({ env: { X: "1" } })[verb]("meta");
    const { json } = await within(plugins, ask, { operation, more });
    const msg = 'plugin "meta" is its own delegate, which would never end';
    expect(json).toMatchObject({ code: 7, msg });
    expect(plugins.asked).toEqual([]);
  }
  const plugins = new Plugins();
  const find = await within(plugins, async ({ delegate }) => await delegate.find("meta"));
  expect(find.json).toMatchObject({ code: 7 });
  const outcome = await within(plugins, async ({ delegate }) => {
    await delegate.with({ ifName: "net1" }).add("meta");
    await delegate.with({ config: { k: 1 } }).add("meta");
  });
  expect([outcome.exitCode, plugins.order]).toEqual([0, ["ADD meta", "ADD meta"]]);
});

describe("a delegate with a configuration of the plugin's own", () => {
  test("case L4: gets all of it, to the digit, under its own names", async () => {
    const plugins = new Plugins();
    const config = parseJson(
      '{"cniVersion":"0.4.0","name":"cbr0","bridge":"b0","big":12345678901234567890,"kubeconfig":{"x":[1.0]}}',
    ) as JsonObject;
    const changes = { config, ifName: "net1", args: argsFrom({ IgnoreUnknown: "1", MAC: "02::" }) };
    const outcome = await within(plugins, async ({ delegate }) => {
      return await delegate.with(changes).add("bridge");
    });
    expect(outcome.exitCode).toBe(0);
    const [asked] = plugins.asked;
    expect(asked).toMatchObject({
      type: "bridge",
      ifName: "net1",
      args: "IgnoreUnknown=1;MAC=02::",
    });
    expect(JSON.stringify(asked?.request)).toContain('"12345678901234567890"');
    expect(asked?.request).toEqual({ ...config, type: "bridge" });
  });

  test("version and name are the plugin's where it has none, and prevResult goes along in its version", async () => {
    const plugins = new Plugins();
    const more = { prevResult: PREV };
    await within(plugins, ({ delegate }) => delegate.with({ config: { k: 1 } }).add("x"), { more });
    expect(plugins.asked[0]?.request).toEqual({
      ...{ cniVersion: "1.1.0", name: "net", k: 1, type: "x", prevResult: PREV },
    });
    const older = { config: { cniVersion: "0.4.0" } };
    await within(plugins, ({ delegate }) => delegate.with(older).del("x"), {
      ...{ operation: "DEL", more },
    });
    expect(plugins.asked[1]?.request["prevResult"]).toMatchObject({
      ...{ cniVersion: "0.4.0", ips: [{ version: "4", address: "10.9.0.5/16" }] },
    });
  });

  test("what the runtime supplied reaches it for the capabilities that it declares", async () => {
    const plugins = new Plugins();
    const more = { runtimeConfig: { portMappings: [], mac: "02:00:00:00:00:01" } };
    const config = { capabilities: { mac: true }, runtimeConfig: { fixed: 1 } };
    await within(plugins, ({ delegate }) => delegate.with({ config }).add("x"), { more });
    await within(
      plugins,
      ({ delegate }) => delegate.with({ config: { runtimeConfig: { a: 1 } } }).add("x"),
      {
        more,
      },
    );
    expect(plugins.asked.map(({ request }) => request["runtimeConfig"])).toEqual([
      { mac: "02:00:00:00:00:01" },
      { a: 1 },
    ]);
    expect(plugins.asked[0]?.request).not.toHaveProperty("capabilities");
  });

  test("what is undefined among the changes stays as it came", async () => {
    const plugins = new Plugins();
    const nothing = {
      config: undefined,
      ifName: undefined,
      args: undefined,
      prevResult: undefined,
    };
    await within(plugins, async ({ delegate }) => {
      const one = delegate.with({ ifName: "net7", env: undefined }).with(nothing);
      await one.add("x");
      await one.several([{ type: "y", ...nothing, validAttachments: undefined }]).add();
    });
    expect(
      plugins.asked.map(({ type, ifName, request }) => [type, ifName, request["big"]]),
    ).toEqual([
      ["x", "net7", "x"],
      ["y", "net7", "x"],
    ]);
    const mac: string | undefined = undefined;
    expect(argsFrom({ MAC: mac, IP: "10.1.0.7" })).toEqual([["IP", "10.1.0.7"]]);
    const mapping = { hostPort: 1, containerPort: 2, protocol: undefined };
    expect(
      capabilitiesFrom({ mac, portMappings: [mapping], bandwidth: { ingressRate: undefined } }),
    ).toEqual({ portMappings: [{ hostPort: 1, containerPort: 2 }], bandwidth: {} });
  });

  test("without changes it gets the request as it came", async () => {
    const plugins = new Plugins();
    await within(plugins, ({ delegate }) => delegate.with({ env: { X: "1" } }).add("ipam"));
    expect(plugins.asked[0]?.request).toMatchObject({ type: "meta", big: "x" });
  });

  test("GC keeps the containers that are valid, under the delegate's own interface", async () => {
    const plugins = new Plugins();
    const gc = {
      operation: "GC",
      more: { "cni.dev/valid-attachments": listed("a", "b", "a") },
    } as const;
    const config = { name: "second" };
    await within(plugins, ({ delegate }) => delegate.with({ config, ifName: "net1" }).gc("x"), gc);
    await within(plugins, ({ delegate }) => delegate.with({ config }).gc("x"), gc);
    const validAttachments = [{ containerId: "c", ifName: "e" }];
    await within(
      plugins,
      ({ delegate }) => delegate.with({ config, validAttachments }).gc("x"),
      gc,
    );
    expect(plugins.asked.map(({ request }) => request["cni.dev/valid-attachments"])).toEqual([
      ["a", "b"].map((containerID) => ({ containerID, ifname: "net1" })),
      listed("a", "b", "a"),
      [{ containerID: "c", ifname: "e" }],
    ]);
    for (const changes of [{ config }, { ifName: "net1" }, {}]) {
      const outcome = await within(plugins, ({ delegate }) => delegate.with(changes).gc("x"));
      expect(outcome.json).toMatchObject({ code: 999 });
      expect(outcome.stdout).toContain("which only a GC brings");
    }
    const wire = [{ containerID: "c", ifname: "e" }, null] as unknown[] as [];
    const refused = await within(
      plugins,
      ({ delegate }) => delegate.with({ validAttachments: wire }).gc("x"),
      gc,
    );
    expect(refused.json).toMatchObject({ code: 4 });
    expect(plugins.asked).toHaveLength(3);
  });

  test("is not asked for what its version does not know", async () => {
    const plugins = new Plugins();
    const config = { cniVersion: "0.3.1" };
    for (const operation of ["CHECK", "STATUS"] as const) {
      const outcome = await within(
        plugins,
        async ({ delegate }) => {
          const one = delegate.with({ config });
          await (operation === "CHECK" ? one.check("x") : one.status("x"));
        },
        { operation },
      );
      expect(outcome.exitCode).toBe(0);
    }
    expect(plugins.asked).toEqual([]);
  });

  test.each([
    [{ ifName: "a/b" }, 4],
    [{ args: [["A", "b;c"]] as [string, string][] }, 4],
    [{ config: { name: "../x" } }, 7],
    [{ config: { name: 5 } }, 7],
    [{ config: { cniVersion: 1 } }, 7],
    [{ config: { type: "../x" } }, 7],
    [{ config: { ipam: "x" } }, 7],
  ])("%j is refused before it is run", async (changes, code) => {
    const plugins = new Plugins();
    const outcome = await within(plugins, async ({ delegate }) => {
      await delegate.with(changes).add("x");
    });
    expect(outcome.json).toMatchObject({ code });
    expect(plugins.asked).toEqual([]);
  });
});

describe("several delegates", () => {
  const parts = ["one", "two", "three"].map((type, at) => ({
    type,
    ifName: `net${at}`,
    config: {},
  }));

  test("case L4, kind: are made in order, and each has what the plugin was called with", async () => {
    const plugins = new Plugins();
    await within(plugins, ({ delegate }) => delegate.several(parts).add(), {
      more: { prevResult: PREV },
    });
    expect(plugins.asked.map(({ operation, type, ifName }) => [operation, type, ifName])).toEqual([
      ["ADD", "one", "net0"],
      ["ADD", "two", "net1"],
      ["ADD", "three", "net2"],
    ]);
    expect(plugins.asked.map(({ request }) => request["prevResult"])).toEqual([PREV, PREV, PREV]);
  });

  test("in a chain each has the result of the one before", async () => {
    const plugins = new Plugins();
    let last: unknown;
    await within(plugins, async ({ delegate }) => {
      last = await delegate.several(parts).addChain();
      expect(await delegate.several([]).addChain()).toBeUndefined();
    });
    const seen = plugins.asked.map(({ request }) => JSON.stringify(request["prevResult"] ?? null));
    expect(seen.map((text) => /10\.1\.\d/u.exec(text)?.[0])).toEqual([
      undefined,
      "10.1.1",
      "10.1.2",
    ]);
    expect(JSON.stringify(last)).toContain("10.1.3.2/24");
  });

  test("those that were made are taken back from the last, past errors, though the call has ended", async () => {
    const plugins = new Plugins();
    plugins.fails.add("three");
    plugins.stuck.add("two");
    const outcome = await within(plugins, ({ delegate }) => delegate.several(parts).add());
    expect(outcome.json).toMatchObject({ code: 111, msg: "three has failed" });
    expect(plugins.order).toEqual([
      ...["ADD one", "ADD two", "ADD three"],
      ...["DEL three", "DEL two", "DEL one"],
    ]);
    expect(plugins.asked.slice(3).map(({ ifName, isBound }) => [ifName, isBound])).toEqual([
      ["net2", false],
      ["net1", false],
      ["net0", false],
    ]);
    expect(outcome.stderr).toContain("DEL of two after another delegate's failed ADD failed too");
  });

  test("one that is not installed is found out before any is made", async () => {
    const plugins = new Plugins();
    plugins.missing.add("three");
    const outcome = await within(plugins, ({ delegate }) => delegate.several(parts).add());
    expect(outcome.json).toMatchObject({ code: 150 });
    expect(plugins.asked).toEqual([]);
  });

  test("DEL goes from the last to the first and on after errors, which are all told", async () => {
    const plugins = new Plugins();
    plugins.stuck.add("three").add("one");
    const outcome = await within(plugins, ({ delegate }) => delegate.several(parts).del(), {
      operation: "DEL",
    });
    expect(plugins.order).toEqual(["DEL three", "DEL two", "DEL one"]);
    expect(outcome.json).toMatchObject({ code: 111, msg: "three has failed; one has failed" });
  });

  test("CHECK, STATUS and GC reach all of them", async () => {
    const plugins = new Plugins();
    const more = { "cni.dev/valid-attachments": listed("a") };
    await within(plugins, ({ delegate }) => delegate.several(parts).check(), {
      operation: "CHECK",
    });
    await within(plugins, ({ delegate }) => delegate.several(parts).status(), {
      operation: "STATUS",
    });
    await within(plugins, ({ delegate }) => delegate.several(parts).gc(), {
      operation: "GC",
      more,
    });
    expect(plugins.order).toEqual(
      ["CHECK", "STATUS", "GC"].flatMap((each) => parts.map(({ type }) => `${each} ${type}`)),
    );
  });

  test("GC: what is valid for one delegate is valid for its siblings of the same network", async () => {
    const plugins = new Plugins();
    const gc = {
      operation: "GC",
      more: { "cni.dev/valid-attachments": listed("c1") },
    } as const;
    const config = { ipam: { type: "host-local" } };
    const valid = (request: JsonObject): string =>
      (request["cni.dev/valid-attachments"] as { containerID: string; ifname: string }[])
        .map(({ containerID, ifname }) => `${containerID}@${ifname}`)
        .join(" ");
    const outcome = await within(
      plugins,
      ({ delegate }) =>
        delegate
          .several([
            { type: "one", config },
            { type: "two", ifName: "net1", config },
            { type: "three", ifName: "net2", config: { ...config, name: "other" } },
            { type: "four", ifName: "net3", config: { ...config, NAME: "other" } },
            { type: "five", ifName: "net4", config: {}, validAttachments: [] },
          ])
          .gc(),
      gc,
    );
    expect(outcome.exitCode).toBe(0);
    await within(plugins, ({ delegate }) => delegate.with({ ifName: "net1" }).gc("alone"), gc);
    expect(plugins.asked.map(({ type, request }) => `${type}: ${valid(request)}`)).toEqual([
      "one: c1@eth0 c1@net1",
      "two: c1@eth0 c1@net1",
      "three: c1@net2 c1@net3",
      "four: c1@net2 c1@net3",
      "five: ",
      "alone: c1@eth0 c1@net1",
    ]);
  });
});
