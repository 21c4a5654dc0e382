import fc from "fast-check";
import { type JsonValue, parseJson } from "../../src/spec/index.ts";
import type { Subject } from "../faults/keys.ts";
import { formsOf } from "../peers/configurations/forms.ts";
import { pathsOf, print, put, Raw, type Value } from "../peers/configurations/json.ts";
import { goodValues } from "../peers/configurations/values.ts";

/** Values in all their forms, right and wrong. */

/** Numbers around the limits that keys have. */
const NUMBERS: readonly number[] = [
  ...[-1, 0, 1, 2, 7, 8, 9, 31, 32, 50, 67, 68, 126, 254, 255, 256, 1279, 1280, 1400, 4094, 4095],
  ...[
    65_521,
    65_522,
    65_535,
    65_536,
    60_000,
    60_001,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 2,
    2 ** 32 - 1,
  ],
  ...[2 ** 32, 2 ** 53 - 1, 1.5, -0.5, 1e21],
];

/** Texts around the forms that keys have. */
const TEXTS: readonly string[] = [
  ...[
    "",
    " ",
    "a",
    "eth0",
    ".",
    "..",
    "a/b",
    "a b",
    "a:b",
    "x".repeat(15),
    "x".repeat(16),
    "é",
    "é".repeat(10),
    "a\u0000",
  ],
  ...[
    "10.1.0.7",
    "10.1.0.256",
    "010.1.0.7",
    "10.1.0",
    "::",
    "::1",
    "fd00::1",
    "fd00:::1",
    "1::2::3",
  ],
  ...[
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7",
    "::ffff:10.1.0.7",
    "::10.1.0.7",
    "fe80::1%eth0",
    "12345::",
  ],
  ...[
    "10.1.0.0/16",
    "10.1.0.0/33",
    "10.1.0.0/",
    "10.1.0.0/016",
    "10.1.0.0/31",
    "::/0",
    "fd00::/64",
  ],
  ...["fd00::/127", "fd00::/129", "::ffff:10.1.0.0/120", "10.1.0.2-10.1.0.5", "10.1.0.5-10.1.0.2"],
  ...["02:00:00:00:00:07", "01:00:00:00:00:07", "00:00:00:00:00:00", "02-00-00-00-00-07"],
  ...["0200.0000.0007", "02:00:00:00:00", "02:00-00:00:00:07", "02:00:00:00:00:00:00:07", "zz"],
  ...["tcp", "UDP", "icmp", "l2", "L2", "bridge", "iptables", "nftables", "own", "open", "wait"],
  ...["host-local", "static", "dhcp", "0000:00:1f.6", "/sys/devices/pci0", "/sys/class", "routers"],
  ...[
    "12",
    "012",
    "0",
    "255",
    "256",
    "53",
    "name-servers",
    "65535",
    "65536",
    "net.ipv4.ip_forward",
  ],
  ...[
    "1.0.0",
    "1.1",
    "1.0.0-rc1",
    "true",
    "True",
    "-m",
    "meta mark",
    "a;b",
    'say "x',
    "line\nline",
  ],
];

const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.integer({ min: -5, max: 70_000 }));
const address = fc.oneof(fc.ipV4(), fc.ipV6());
const text = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: address },
  {
    weight: 2,
    arbitrary: fc
      .tuple(address, fc.integer({ min: 0, max: 130 }))
      .map(([ip, length]) => `${ip}/${length}`),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);

/** Any value at all, small. */
const any: fc.Arbitrary<Value> = fc.oneof<fc.Arbitrary<Value>[]>(
  number,
  text,
  fc.constantFrom<Value>(null, true, false, [], {}, [null], [[]], { type: "dhcp" }),
);

interface Change {
  readonly path: readonly string[];
  readonly value: Value;
}

/** A value for a key: one that it may well have, the same in another form, or any. */
function changeOf(keys: Subject["keys"]): fc.Arbitrary<Change> {
  return fc.constantFrom(...Object.entries(keys)).chain(([dotted, kind]) => {
    const path = dotted.split(".");
    const good = fc.constantFrom(...goodValues(path, kind));
    const odd = good.chain((value) => fc.constantFrom(...formsOf(kind, value)));
    const alike = kind === "whole" ? number : kind === "string" ? text : any;
    return fc
      .oneof({ weight: 3, arbitrary: good }, odd, { weight: 3, arbitrary: alike }, any)
      .filter((value) => !(value instanceof Raw))
      .map((value) => ({ path, value }));
  });
}

/** Networks of one plugin of a type, with up to four of its keys changed; some of IPv6. */
export function networksOf({ type, config, keys }: Subject): fc.Arbitrary<JsonValue> {
  const own = print({ type, ...(config as Readonly<Record<string, Value>>) });
  const start = fc.boolean().map((isIpv6) => {
    return parseJson(isIpv6 ? own.replaceAll("10.9.0.0/24", "fd00:9::/64") : own) as Value;
  });
  return fc.tuple(start, fc.array(changeOf(keys), { maxLength: 4 })).map(([config, changes]) => {
    const plugin = changes.reduce((value, { path, value: item }) => put(value, path, item), config);
    return plain({ cniVersion: "1.1.0", name: "net", plugins: [plugin] });
  });
}

/** A value with up to four of its members changed in any way. */
export function changed(start: Value): fc.Arbitrary<JsonValue> {
  const paths = pathsOf(start);
  const change = fc.record({ path: fc.constantFrom(...paths), value: any });
  return fc.array(change, { maxLength: 4 }).map((changes) => {
    return plain(changes.reduce<Value>((value, each) => put(value, each.path, each.value), start));
  });
}

function plain(value: Value): JsonValue {
  return parseJson(print(value));
}
