import { describe, expect, test } from "bun:test";
import { bandwidthLab, IFB, LIMITS } from "../../../tests/support/bandwidth.ts";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must, run as start } from "../../../tests/support/exec.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const lab = bandwidthLab();

const run = (line: string): Promise<string> => must(line.split(" "));
const TBF = "handle 1: tbf rate 8mbit burst 100000b latency 25ms";

describe("CHECK", () => {
  test("is content after ADD, with limits and without", async () => {
    await lab.must("ADD");
    expect(await lab.call("CHECK")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await lab.call("CHECK", {})).toMatchObject({ exitCode: 0, stdout: "" });
  });

  const changes: [string, string[], string][] = [
    [
      "no limit to the container",
      ["tc qdisc del dev vethhost0 root"],
      "the limit to the container is missing: vethhost0 has no tbf at its root",
    ],
    [
      "another rate",
      ["tc qdisc replace dev vethhost0 root handle 1: tbf rate 9mbit burst 100000b latency 25ms"],
      "the limit to the container differs: vethhost0 lets 9000000 bit/s through, should be 8000000",
    ],
    [
      "another burst",
      ["tc qdisc replace dev vethhost0 root handle 1: tbf rate 8mbit burst 50000b limit 125000"],
      "the limit to the container differs: vethhost0 has bursts of 50000 bytes, should be 100000",
    ],
    [
      "another queue",
      ["tc qdisc replace dev vethhost0 root handle 1: tbf rate 8mbit burst 100000b latency 50ms"],
      "the limit to the container differs: vethhost0 lets 150000 bytes wait, should be 125000",
    ],
    [
      "no limit from the container",
      [`tc qdisc del dev ${IFB} root`],
      `the limit from the container is missing: ${IFB} has no tbf at its root`,
    ],
    [
      "another limit from the container",
      [`tc qdisc replace dev ${IFB} root ${TBF}`],
      `the limit from the container differs: ${IFB} lets 8000000 bit/s through, should be 16000000`,
    ],
    ["no device", [`ip link delete ${IFB}`], `ifb device ${IFB} is missing on the host`],
    ["the device down", [`ip link set ${IFB} down`], `${IFB} is down`],
    [
      "another MTU of the device",
      [`ip link set ${IFB} mtu 1300`],
      `MTU of ${IFB} is 1300, should be 1400 as that of vethhost0`,
    ],
    ["no ingress qdisc", ["tc qdisc del dev vethhost0 ingress"], "vethhost0 has no ingress qdisc"],
    [
      "no filter",
      ["tc filter del dev vethhost0 ingress"],
      `what comes in by vethhost0 does not go through ${IFB}: no filter redirects it`,
    ],
    [
      "a filter that leads elsewhere",
      [
        "tc filter del dev vethhost0 ingress",
        "ip link add ifb9 type ifb",
        "tc filter add dev vethhost0 parent ffff: protocol all prio 1 u32 match u32 0 0 action mirred egress redirect dev ifb9",
      ],
      `what comes in by vethhost0 does not go through ${IFB}: it goes elsewhere`,
    ],
    [
      "no interface in the container",
      ["ip -n c1 link set eth0 down", "ip -n c1 link set eth0 name gone0"],
      "interface eth0 is missing in the container",
    ],
  ];
  test.each(changes)("tells: %s", async (_what, commands, msg) => {
    await lab.must("ADD");
    for (const command of commands) await run(command);
    expect((await lab.call("CHECK")).json).toMatchObject({ code: 100, msg });
  });

  test("tolerates what others add beside it", async () => {
    await lab.must("ADD");
    await run("ip -n c1 link set eth0 mtu 1300");
    await run(
      "tc filter add dev vethhost0 ingress protocol ip pref 40 u32 match ip dst 10.9.9.9/32",
    );
    await lab.must("CHECK");
  });

  test("without a previous result says that it needs one", async () => {
    const { json } = await lab.call("CHECK", { ...LIMITS, prevResult: null });
    expect(json).toMatchObject({ code: 7, msg: "required prevResult missing" });
  });
});

describe("STATUS and plan", () => {
  test("STATUS asks the kernel, and leaves nothing of it", async () => {
    const before = await lab.host.snapshot([lab.c1]);
    expect(await lab.call("STATUS")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await lab.call("STATUS", {})).toMatchObject({ exitCode: 0, stdout: "" });
    expect(diff(before, await lab.host.snapshot([lab.c1]))).toEqual([]);
    expect((await lab.call("STATUS", { egressRate: 1 })).json.code).toBe(7);
  });

  test("STATUS without the right to change the network says so", async () => {
    const drop = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    const program = `
      import { plugin } from ${JSON.stringify(`${import.meta.dir}/index.ts`)};
      import { main } from ${JSON.stringify(`${import.meta.dir}/../../plugin/index.ts`)};
      await main(plugin);`;
    const { exitCode, stdout } = await statusAs(drop, program);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([
      1,
      { code: 50, msg: "traffic cannot be limited", details: "the plugin needs CAP_NET_ADMIN" },
    ]);
  });

  test("plan says what ADD would do and touches nothing", async () => {
    const env = {
      ...{ CNI_CONTAINERID: "cid1", CNI_NETNS: lab.c1.netns },
      ...{ CNI_IFNAME: "eth0", CNI_PATH: "/x" },
    };
    const stdin = (): string => JSON.stringify(lab.config({ ...LIMITS, latency: 50 }));
    const io = { env, stdin, stdout: (): void => {}, stderr: (): void => {} };
    expect(await plugin.plan?.(io)).toEqual([
      "limit to the container: 8000000 bit/s, bursts of 800000 bits, 50 ms of waiting",
      `ifb device: ${IFB}, up, for what comes from the container`,
      "limit from the container: 16000000 bit/s, bursts of 800000 bits, 50 ms of waiting",
      "redirection: what comes from the container goes through the ifb device",
    ]);
    expect(await lab.devices()).toEqual([]);
  });
});

async function statusAs(
  prefix: readonly string[],
  program: string,
): Promise<{ exitCode: number | null; stdout: string }> {
  const stdin = JSON.stringify({ cniVersion: "1.1.0", name: "net1", type: "bandwidth" });
  const env = { CNI_COMMAND: "STATUS", CNI_PATH: "/x", PATH: process.env["PATH"] ?? "" };
  return await start([...prefix, process.execPath, "-e", program], { stdin, env });
}
