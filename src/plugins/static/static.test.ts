import { describe, expect, test } from "bun:test";
import { defined } from "../../base/index.ts";
import { type Trial, type TrialOutcome, tryPlugin } from "../../plugin/index.ts";
import { plugin } from "./index.ts";

type Keys = Readonly<Record<string, unknown>>;

const ADDRESSES = {
  addresses: [
    { address: "10.7.0.5/24", gateway: "10.7.0.1" },
    { address: "fd00:7::5/64", gateway: "fd00:7::1" },
  ],
};

async function call(
  ipam: unknown,
  more: Keys = {},
  trial: Partial<Trial> = {},
): Promise<TrialOutcome> {
  const config = JSON.stringify({
    cniVersion: "1.1.0",
    name: "net1",
    type: "bridge",
    ...defined({ ipam }),
    ...more,
  });
  return await tryPlugin(plugin, { operation: "ADD", config, ...trial });
}

async function ips(ipam: unknown, more: Keys = {}, args = ""): Promise<unknown> {
  const { json } = await call(ipam, more, { args });
  return (json as { ips?: unknown }).ips;
}

describe("ADD", () => {
  test("hands on addresses, routes and resolver settings in their order", async () => {
    const routes = [
      { dst: "0.0.0.0/0", gw: "10.7.0.1", priority: 7 },
      { dst: "10.9.1.1/16", mtu: 1400, advmss: 1300, table: 0, scope: 253 },
      { dst: "10.9.1.1/16", gw: "10.7.0.2" },
    ];
    const dns = {
      nameservers: ["10.7.0.53"],
      domain: "a.test",
      search: ["b.test"],
      options: ["ndots:2"],
    };
    const { json } = await call({ ...ADDRESSES, routes, dns });
    expect(json).toEqual({ cniVersion: "1.1.0", ips: ADDRESSES.addresses, routes, dns });
  });

  test("without an address it succeeds all the same", async () => {
    const { exitCode, json } = await call({});
    expect([exitCode, json]).toEqual([0, { cniVersion: "1.1.0" }]);
  });

  test("CNI_ARGS add addresses, and gateways wherever they fit", async () => {
    const args = "IP=10.8.0.9/16,fd00:8::9/64;GATEWAY=10.8.0.1,fd00:8::1,10.7.0.254";
    expect(await ips(ADDRESSES, {}, args)).toEqual([
      { address: "10.7.0.5/24", gateway: "10.7.0.254" },
      { address: "fd00:7::5/64", gateway: "fd00:7::1" },
      { address: "10.8.0.9/16", gateway: "10.8.0.1" },
      { address: "fd00:8::9/64", gateway: "fd00:8::1" },
    ]);
  });

  test("args.cni.ips replace those, and the capability ips replaces all", async () => {
    const args = { cni: { ips: ["10.9.0.1/24"] } };
    const runtimeConfig = { ips: ["10.10.0.1/24", "10.10.0.1/24"] };
    expect(await ips(ADDRESSES, { args }, "IP=10.8.0.9/16")).toEqual([{ address: "10.9.0.1/24" }]);
    expect(await ips(ADDRESSES, { args, runtimeConfig })).toEqual([{ address: "10.10.0.1/24" }]);
  });
});

describe("case P14: addresses that replace those of the configuration", () => {
  const add = async (more: Keys, args = ""): Promise<TrialOutcome> =>
    await call(ADDRESSES, more, { args });

  test("case P14: get the gateways that the configuration has in their subnets", async () => {
    const runtimeConfig = { ips: ["10.7.0.77/24", "fd00:7::77/64"] };
    const { json, stderr } = await add({ runtimeConfig });
    expect([(json as { ips?: unknown }).ips, stderr]).toEqual([
      [
        { address: "10.7.0.77/24", gateway: "10.7.0.1" },
        { address: "fd00:7::77/64", gateway: "fd00:7::1" },
      ],
      "",
    ]);
  });

  test("case P14, kind: args.cni.ips do, too, and GATEWAY of CNI_ARGS is stronger", async () => {
    const args = { cni: { ips: ["10.7.0.77/24", "10.8.0.77/16"] } };
    expect(await ips(ADDRESSES, { args }, "GATEWAY=10.8.0.1,10.7.0.254")).toEqual([
      { address: "10.7.0.77/24", gateway: "10.7.0.254" },
      { address: "10.8.0.77/16", gateway: "10.8.0.1" },
    ]);
  });

  test("case P14, kind: a gateway outside of its subnet goes to addresses of that subnet", async () => {
    const ipam = { addresses: [{ address: "10.7.0.5/32", gateway: "10.1.1.1" }] };
    const runtimeConfig = { ips: ["10.7.0.5/32"] };
    expect(await ips(ipam, { runtimeConfig })).toEqual([
      { address: "10.7.0.5/32", gateway: "10.1.1.1" },
    ]);
  });

  test("case P14, kind: a gateway that no address has is named on stderr", async () => {
    const { exitCode, stderr } = await add({ runtimeConfig: { ips: ["10.9.0.7/24"] } });
    expect(exitCode).toBe(0);
    expect(stderr.split("\n").map((line) => line.slice(0, 60))).toEqual([
      "static: gateway 10.7.0.1 of the configuration is not used: n",
      "",
    ]);
  });

  test("CHECK knows the results of releases that did not give them", async () => {
    const runtimeConfig = { ips: ["10.7.0.77/24"] };
    const check = async (ip: Keys): Promise<unknown> => {
      const prevResult = { cniVersion: "1.1.0", ips: [ip] };
      return (await call(ADDRESSES, { prevResult, runtimeConfig }, { operation: "CHECK" })).json;
    };
    expect(await check({ address: "10.7.0.77/24" })).toBeUndefined();
    expect(await check({ address: "10.7.0.77/24", gateway: "10.7.0.1" })).toBeUndefined();
    expect(await check({ address: "10.7.0.77/24", gateway: "10.7.0.9" })).toMatchObject({
      code: 100,
    });
  });
});

describe("what is wrong is named", () => {
  const two = { addresses: [{ address: "10.1.0.1/24" }, { address: "10.2.0.1/24" }] };
  const cases: [unknown, Keys, string, number, string][] = [
    [undefined, {}, "", 7, "IPAM config missing 'ipam' key"],
    [7, {}, "", 7, '"ipam" must be an object, is 7'],
    [{ addresses: [{}] }, {}, "", 7, '"ipam.addresses[0].address" is missing'],
    [{ addresses: [{ address: "10.1.0.1" }] }, {}, "", 7, "in CIDR notation, got: '10.1.0.1'"],
    [
      { addresses: [{ address: "10.1.0.1/24", gateway: "x" }] },
      {},
      "",
      7,
      "invalid gateway address: x",
    ],
    [{ routes: [{ dst: "nowhere" }] }, {}, "", 7, "invalid CIDR address: nowhere"],
    [
      { routes: [{ dst: "10.0.0.0/8", scope: -253 }] },
      {},
      "",
      7,
      '"ipam.routes[0].scope" is -253, expected a whole number from 0 to 255',
    ],
    [
      { routes: [{ dst: "10.0.0.0/8", priority: 4294967296 }] },
      {},
      "",
      7,
      '"ipam.routes[0].priority" is 4294967296, expected a whole number from 0 to 4294967295',
    ],
    [{}, { args: { cni: { ips: ["10.1.0.1"] } } }, "", 7, "NOT in CIDR notation, got: '10.1.0.1'"],
    [{}, { runtimeConfig: { ips: ["x/8"] } }, "", 7, "NOT in CIDR notation, got: 'x/8'"],
    [{}, {}, "IP=10.1.0.1", 4, "the 'ip' field is expected to be in CIDR notation"],
    [{}, {}, "GATEWAY=x", 4, "invalid gateway address: x"],
    [{}, {}, "MAC=x", 4, 'unknown args ["MAC=x"]'],
    [two, { cniVersion: "0.2.0" }, "", 7, "does not support more than 1 address per family"],
  ];
  test.each(cases)("%j %j %p", async (ipam, more, args, code, text) => {
    const { exitCode, json } = await call(ipam, more, { args });
    const error = json as { code: number; msg: string };
    expect([exitCode, error.code]).toEqual([1, code]);
    expect(error.msg).toContain(text);
  });
});

describe("CHECK", () => {
  const check = async (prevIps: unknown): Promise<unknown> => {
    const prevResult = { cniVersion: "1.1.0", ips: prevIps };
    return (await call(ADDRESSES, { prevResult }, { operation: "CHECK" })).json;
  };

  test("wants every address with its gateway, and lets others be", async () => {
    const others = [{ address: "10.99.0.1/24" }];
    expect(await check([...others, ...ADDRESSES.addresses])).toBeUndefined();
  });

  test("names what is missing or different", async () => {
    expect(await check(ADDRESSES.addresses.slice(1))).toMatchObject({
      code: 100,
      msg: "address 10.7.0.5/24 is not in the result",
    });
    const [v4, v6] = ADDRESSES.addresses;
    expect(await check([{ ...v4, gateway: "10.7.0.9" }, v6])).toMatchObject({
      code: 100,
      msg: "the gateway of 10.7.0.5/24 is 10.7.0.9, not 10.7.0.1",
    });
  });
});

test.each(["DEL", "GC"] as const)(
  "%s succeeds whatever the configuration says",
  async (command) => {
    const more = { "cni.dev/valid-attachments": [] };
    const { exitCode, stdout } = await call({ addresses: 7 }, more, {
      operation: command,
      args: "nonsense",
    });
    expect([exitCode, stdout]).toEqual([0, ""]);
  },
);

test("STATUS reads the configuration", async () => {
  expect((await call(ADDRESSES, {}, { operation: "STATUS" })).exitCode).toBe(0);
  const wrong = await call({ addresses: [{ address: "x" }] }, {}, { operation: "STATUS" });
  expect(wrong.json).toMatchObject({ code: 7 });
});
