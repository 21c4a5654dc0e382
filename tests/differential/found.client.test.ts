import { describe, expect } from "bun:test";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import type { Case, Step } from "./case.ts";
import { missing, play } from "./twins.ts";

/** The case of each difference that `npm run differential` has found, with its number. */

const TEST_MS = 60_000;
const ADD: Step = { op: "ADD", box: 0 };
const DEL: Step = { op: "DEL", box: 0, netns: "given", prevResult: true };
const LOCAL = { type: "host-local", ranges: [[{ subnet: "10.9.0.0/24" }]] };
const LOCAL_6 = { type: "host-local", ranges: [[{ subnet: "fd00:9::/64" }]] };

function caseOf(
  plugin: Readonly<Record<string, unknown>>,
  steps: readonly Step[],
  more: Partial<Case> & { readonly cniVersion?: string } = {},
): Case {
  const { cniVersion = "1.1.0", ...rest } = more;
  return {
    ...{ subject: String(plugin["type"]), capabilityArgs: {}, args: "", steps },
    list: { cniVersion, name: "net1", plugins: [plugin] },
    ...rest,
  };
}

const ROUTE = { dst: "192.168.9.0/24", mtu: 1300, advmss: 1200 };
const FIXED = {
  ...{ type: "static", addresses: [{ address: "10.9.0.7/24" }] },
  dns: { nameservers: ["10.9.0.1"] },
};

const TWO_NETWORKS = {
  ...{ type: "bridge", ipMasq: true, ipMasqBackend: "iptables" },
  ipam: { ...LOCAL, ranges: [...LOCAL.ranges, [{ subnet: "10.77.0.0/16" }]] },
};

const CASES: readonly (readonly [number: string, what: string, played: Case])[] = [
  ["D300", "the queue of a host's end", caseOf({ type: "bridge", ipam: LOCAL }, [ADD])],
  ["D301", "an interface without addresses", caseOf({ type: "bridge" }, [ADD])],
  ["D302", "DEL of what never was", caseOf({ type: "host-local", ipam: LOCAL }, [DEL])],
  [
    ...(["D302", "a request that no range can meet"] as const),
    caseOf({ type: "host-local", ipam: LOCAL }, [ADD], { args: "IP=10.77.0.7" }),
  ],
  [
    ...(["D303", "a default route that is named twice"] as const),
    caseOf(
      {
        ...{ type: "bridge", isDefaultGateway: true },
        ipam: { ...LOCAL, routes: [{ dst: "0.0.0.0/0" }] },
      },
      [ADD],
    ),
  ],
  ["D304", "duplicates on a tap", caseOf({ type: "tap", ipam: LOCAL_6 }, [ADD])],
  [
    ...(["D305", "MTU and segment size of a route"] as const),
    caseOf({ type: "bridge", isGateway: true, ipam: { ...LOCAL, routes: [ROUTE] } }, [ADD]),
  ],
  [
    ...(["D306", "resolver settings of IPAM on host-device"] as const),
    caseOf({ type: "host-device", device: "dev5", ipam: FIXED }, [ADD]),
  ],
  [
    ...(["D308", "CHECK after the source check was flushed"] as const),
    caseOf({ type: "bridge", macspoofchk: true, ipam: LOCAL }, [
      ADD,
      { op: "disturb", box: 0, what: "ruleset flushed" },
      { op: "CHECK", box: 0 },
    ]),
  ],
  ["D310", "DEL of two addresses", caseOf(TWO_NETWORKS, [ADD, DEL])],
  [
    ...(["D307", "a result of loopback in 0.3.0"] as const),
    caseOf({ type: "loopback" }, [ADD], { cniVersion: "0.3.0" }),
  ],
  [
    ...(["D307", "a result of loopback in 0.1.0"] as const),
    caseOf({ type: "loopback" }, [ADD], { cniVersion: "0.1.0" }),
  ],
];

/** What was a fault of ours, and is no difference any more. */
const MENDED: readonly (readonly [what: string, played: Case])[] = [
  [
    "one rule masquerades, however many networks a container has (iptables)",
    caseOf(TWO_NETWORKS, [ADD]),
  ],
];

describe("faults that were mended", () => {
  const withBoth = skipBecause(missing());
  for (const [what, played] of MENDED) {
    withBoth(
      what,
      async () => {
        const { judgement } = await play(played);
        expect(judgement).toMatchObject({ unexplained: [], compared: played.steps.length });
      },
      patient(TEST_MS),
    );
  }
});

describe("differences that were found", () => {
  const withBoth = skipBecause(missing());
  for (const [number, what, played] of CASES) {
    withBoth(
      `${number}: ${what}`,
      async () => {
        const { judgement } = await play(played);
        expect(judgement.unexplained).toEqual([]);
        expect([...judgement.numbers].map((known) => known.number)).toContain(number);
      },
      patient(TEST_MS),
    );
  }
});
