import { describe, expect, test } from "bun:test";
import { CniError, type JsonObject, parseJson } from "../../spec/index.ts";
import { type PortmapConfig, parseConfig, parseMappingsLeniently } from "./config.ts";

const base = { cniVersion: "1.0.0", name: "net1", type: "portmap" };

function parse(keys: object): PortmapConfig {
  return parseConfig({ config: parseJson(JSON.stringify({ ...base, ...keys })) as JsonObject });
}

/** Code and text of the error; undefined when there is none. */
function refusal(keys: object): [number, string] | undefined {
  try {
    parse(keys);
    return undefined;
  } catch (error) {
    const { code, msg } = CniError.from(error);
    return [code, msg];
  }
}

const mapped = (...portMappings: unknown[]): object => ({ runtimeConfig: { portMappings } });
const mapping = { hostPort: 8080, containerPort: 80 };

test("every key has the default of the reference plugin", () => {
  expect(parse({})).toEqual({
    backend: "own",
    snat: true,
    masqAll: false,
    markMasqBit: 13,
    externalSetMarkChain: undefined,
    conditionsV4: [],
    conditionsV6: [],
    portConflict: "wait",
    exceptDestinations: [],
    mappings: [],
  });
});

test("every key is taken, and null is as good as nothing", () => {
  const keys = {
    backend: "iptables",
    snat: false,
    masqAll: true,
    markMasqBit: 31,
    conditionsV4: ["!", "-s", "192.0.2.0/24"],
    conditionsV6: ["-i", "eth0"],
  };
  expect(parse(keys)).toMatchObject(keys);
  const nothing = Object.fromEntries(Object.keys(keys).map((key) => [key, null]));
  expect(parse(nothing)).toEqual(parse({}));
});

test("case P2, kind: exceptDestinations are subnets, each once, of our own layout alone", () => {
  const subnets = ["10.96.0.0/12", "10.97.1.1/12", "fd00:96::/108"];
  const { exceptDestinations } = parse({ exceptDestinations: subnets });
  expect(exceptDestinations.map(String)).toEqual(["10.96.0.0/12", "fd00:96::/108"]);
  expect(refusal({ exceptDestinations: ["10.96.0.1"] })).toEqual([
    7,
    'exceptDestinations: "10.96.0.1" is no subnet',
  ]);
  expect(refusal({ exceptDestinations: ["10.96.0.0/12"], backend: "nftables" })).toEqual([
    7,
    "exceptDestinations do not go with the nftables backend",
  ]);
});

test("case P1: portConflict is one of two words, and refuse goes with our own layout alone", () => {
  expect(parse({ portConflict: "refuse" }).portConflict).toBe("refuse");
  expect(parse({ portConflict: null }).portConflict).toBe("wait");
  expect(parse({ portConflict: "wait", backend: "iptables" }).portConflict).toBe("wait");
  expect(refusal({ portConflict: "steal" })).toEqual([
    7,
    'portConflict "steal" is neither "wait" nor "refuse"',
  ]);
  expect(refusal({ portConflict: "refuse", conditionsV4: ["-i", "eth0"] })).toEqual([
    7,
    'portConflict "refuse" does not go with the iptables backend',
  ]);
});

test.each([
  [{ snat: "true" }, '"snat" is "true", expected a boolean'],
  [{ masqAll: 1 }, '"masqAll" is 1, expected a boolean'],
  [{ portConflict: true }, '"portConflict" is true, expected a string'],
  [{ backend: 5 }, '"backend" is 5, expected a string'],
  [{ markMasqBit: "13" }, '"markMasqBit" is "13", expected a number'],
  [{ conditionsV4: "-s x" }, '"conditionsV4" is "-s x", expected an array'],
  [{ conditionsV6: [6] }, '"conditionsV6[0]" is 6, expected a string'],
  [{ externalSetMarkChain: ["x"] }, '"externalSetMarkChain" is ["x"], expected a string'],
  [
    { runtimeConfig: { portMappings: {} } },
    '"runtimeConfig.portMappings" is {}, expected an array',
  ],
  [mapped("80:80"), '"runtimeConfig.portMappings[0]" is "80:80", expected an object'],
  [
    mapped({ ...mapping, hostPort: "8080" }),
    '"runtimeConfig.portMappings[0].hostPort" is "8080", expected a number',
  ],
  [
    mapped({ ...mapping, containerPort: 80.5 }),
    '"runtimeConfig.portMappings[0].containerPort" is 80.5, expected a whole number of at most 9007199254740991',
  ],
])("a wrong type is told with key and value: %j", (keys, text) => {
  expect(refusal(keys)).toEqual([7, `invalid configuration: ${text}`]);
});

test.each([
  [{ backend: "ipvs" }, 'unrecognized backend "ipvs"'],
  [{ markMasqBit: 32 }, "MasqMarkBit must be between 0 and 31"],
  [{ markMasqBit: -1 }, "MasqMarkBit must be between 0 and 31"],
  [
    { markMasqBit: 13, externalSetMarkChain: "KUBE-MARK-MASQ" },
    "Cannot specify externalSetMarkChain and markMasqBit",
  ],
  [mapped({ ...mapping, hostPort: 0 }), "Invalid host port number: 0"],
  [mapped({ ...mapping, hostPort: -80 }), "Invalid host port number: -80"],
  [mapped({ ...mapping, containerPort: 0 }), "Invalid container port number: 0"],
  [mapped({ hostPort: 80 }), "Invalid container port number: 0"],
])("a wrong value is told in the reference's words: %j", (keys, text) => {
  expect(refusal(keys)).toEqual([7, text]);
});

test.each([
  [{ ...mapping, hostPort: 65_536 }, "Invalid host port number: 65536"],
  [{ ...mapping, containerPort: 70_000 }, "Invalid container port number: 70000"],
  [{ ...mapping, hostIP: "localhost" }, 'invalid hostIP "localhost"'],
  [{ ...mapping, hostIP: "10.0.0.1/24" }, 'invalid hostIP "10.0.0.1/24"'],
  [{ ...mapping, hostIP: "10.0.0.1 -j ACCEPT" }, 'invalid hostIP "10.0.0.1 -j ACCEPT"'],
  [{ ...mapping, protocol: "icmp" }, 'invalid protocol "icmp": one of tcp, udp, sctp, dccp'],
  [
    { ...mapping, protocol: "tcp -j ACCEPT" },
    'invalid protocol "tcp -j ACCEPT": one of tcp, udp, sctp, dccp',
  ],
])("own V: what the reference takes in silence is refused: %j", (one, text) => {
  expect(refusal(mapped(one))).toEqual([7, text]);
});

test("own V: an empty protocol is TCP, and its case does not matter", () => {
  const { mappings } = parse(
    mapped(
      { ...mapping, protocol: "" },
      { ...mapping, protocol: "UDP" },
      { ...mapping, protocol: "sctp" },
    ),
  );
  expect(mappings.map(({ protocol }) => protocol)).toEqual(["tcp", "udp", "sctp"]);
});

test("mappings come under Go's field names, too, as containerd sends them", () => {
  const { mappings } = parse(
    mapped({ HostPort: 8080, ContainerPort: 80, Protocol: "tcp", HostIP: "" }),
  );
  expect(mappings).toEqual([
    { hostPort: 8080, containerPort: 80, protocol: "tcp", hostIp: undefined },
  ]);
});

test("hostIP is an address of either family; one that is IPv4 inside of IPv6 is IPv4", () => {
  const { mappings } = parse(
    mapped(
      { ...mapping, hostIP: "127.0.0.1" },
      { ...mapping, hostIP: "2001:DB8::1" },
      { ...mapping, hostIP: "::ffff:192.0.2.1" },
    ),
  );
  const texts = mappings.map(({ hostIp }) => hostIp?.toString());
  expect(texts).toEqual(["127.0.0.1", "2001:db8::1", "192.0.2.1"]);
});

describe("a port of the host that is asked for twice", () => {
  const other = { ...mapping, containerPort: 81 };
  const text = "tcp host port 8080 is mapped twice, to ports 80 and 81";
  test("is refused where it would have to lead to two ports", () => {
    expect(refusal(mapped(mapping, other))).toEqual([7, text]);
    expect(refusal(mapped(mapping, { ...other, hostIP: "0.0.0.0" }))).toEqual([7, text]);
    expect(refusal(mapped({ ...mapping, hostIP: "::" }, other))).toEqual([7, text]);
  });

  test("is fine where the two are the same, or of different addresses, families or protocols", () => {
    expect(refusal(mapped(mapping, mapping))).toBeUndefined();
    expect(refusal(mapped(mapping, { ...other, protocol: "udp" }))).toBeUndefined();
    expect(refusal(mapped(mapping, { ...other, hostIP: "127.0.0.1" }))).toBeUndefined();
    const families = [
      { ...mapping, hostIP: "0.0.0.0" },
      { ...other, hostIP: "::" },
    ];
    expect(refusal(mapped(...families))).toBeUndefined();
  });
});

describe("519, 461: the backend", () => {
  const iptables = ["!", "-s", "10.0.0.0/8"];
  const nftables = ["ip", "saddr", "10.0.0.0/8"];
  test.each([
    [{}, "own"],
    [{ backend: "" }, "own"],
    [{ conditionsV4: [], conditionsV6: [] }, "own"],
    [{ backend: "iptables" }, "iptables"],
    [{ backend: "nftables" }, "nftables"],
    [{ conditionsV4: iptables }, "iptables"],
    [{ conditionsV6: ["-i", "eth0"] }, "iptables"],
    [{ conditionsV4: nftables }, "nftables"],
    [{ backend: "nftables", conditionsV6: nftables }, "nftables"],
    [{ externalSetMarkChain: "KUBE-MARK-MASQ" }, "iptables"],
    [{ markMasqBit: 5 }, "own"],
  ])("of %j is %s", (keys, backend) => {
    expect(parse(keys).backend).toBe(backend as PortmapConfig["backend"]);
  });

  test.each([
    [
      { backend: "iptables", conditionsV4: nftables, conditionsV6: nftables },
      "iptables backend was requested but configuration contains nftables-specific options [conditionsV4 conditionsV6]",
    ],
    [
      { backend: "nftables", conditionsV4: iptables, externalSetMarkChain: "X" },
      "nftables backend was requested but configuration contains iptables-specific options [externalSetMarkChain conditionsV4]",
    ],
    [
      { conditionsV4: iptables, conditionsV6: nftables },
      "conditionsV4 are for the iptables backend, but conditionsV6 for nftables",
    ],
  ])("of %j is refused", (keys, text) => {
    expect(refusal(keys)).toEqual([7, text]);
  });
});

test.each(["", "-j", "a b", "A\nCOMMIT", "x".repeat(29), 'a"b', "ä", "!x", ":x"])(
  "externalSetMarkChain %j is no name that iptables takes",
  (chain) => {
    expect(refusal({ externalSetMarkChain: chain })).toEqual([
      7,
      `externalSetMarkChain ${JSON.stringify(chain)} is no name of an iptables chain`,
    ]);
  },
);

test.each(["KUBE-MARK-MASQ", "a", "x".repeat(28), "my.chain:1+2_3"])(
  "externalSetMarkChain %s is fine",
  (chain) => {
    expect(parse({ externalSetMarkChain: chain }).externalSetMarkChain).toBe(chain);
  },
);

test.each([
  "tcp dport 1 ; flush ruleset",
  "x\nadd table ip evil",
  "x # y",
  "x\0y",
  "x\ry",
  "\u001b[2J",
])("a condition must not end its rule and begin another: %j", (condition) => {
  const text = `condition ${JSON.stringify(condition)} holds a character that ends a rule`;
  for (const key of ["conditionsV4", "conditionsV6"]) {
    expect(refusal({ [key]: ["ip", condition] })).toEqual([7, text]);
  }
});

test("a quote of a condition must have its end, or it would swallow the rules behind it", () => {
  const text = 'conditions "iifname \\"eth0" have a quote without its end';
  expect(refusal({ conditionsV4: ["iifname", '"eth0'] })).toEqual([7, text]);
  expect(refusal({ conditionsV4: ["iifname", '"eth0"'] })).toBeUndefined();
});

test("DEL reads what mappings it can, and goes on without those that are wrong", () => {
  const read = (keys: object): number =>
    parseMappingsLeniently({ config: { ...base, ...keys } }).length;
  expect(read(mapped(mapping))).toBe(1);
  expect(read(mapped({ ...mapping, hostPort: 0 }))).toBe(0);
  expect(read({ runtimeConfig: 5 })).toBe(0);
  expect(read({ snat: "perhaps", ...mapped(mapping) })).toBe(1);
});

describe("ranges", () => {
  test("neighbouring ports are mapped one by one", () => {
    const range = { hostPort: 8000, containerPort: 80, protocol: "UDP", range: 3 };
    const ports = parse(mapped(range, { ...range, protocol: "tcp", range: 1 })).mappings;
    expect(ports.map((each) => [each.protocol, each.hostPort, each.containerPort])).toEqual([
      ["udp", 8000, 80],
      ["udp", 8001, 81],
      ["udp", 8002, 82],
      ["tcp", 8000, 80],
    ]);
  });

  test("they must fit, and not meet others", () => {
    const last = { hostPort: 65_535, containerPort: 80 };
    expect(refusal(mapped({ ...last, range: 1 }))).toBeUndefined();
    expect(refusal(mapped({ ...last, range: 2 }))).toEqual([
      7,
      "Invalid range 2 of host ports from 65535 on",
    ]);
    expect(refusal(mapped({ ...mapping, range: 0 }))).toEqual([
      7,
      "Invalid range 0 of container ports from 80 on",
    ]);
    expect(refusal(mapped({ ...mapping, range: 3 }, { ...mapping, hostPort: 8082 }))).toEqual([
      7,
      "tcp host port 8082 is mapped twice, to ports 82 and 80",
    ]);
  });
});
