import { beforeEach, describe, expect, test } from "bun:test";
import { type BandwidthLab, bandwidthLab, IFB, LIMITS } from "../../../tests/support/bandwidth.ts";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";

failOnLeakedDescriptors();

// A container chooses the names and the indexes of its own links: they prove nothing of the host's.

const lab = bandwidthLab();
const other: Container = { name: "c2", netns: "/run/netns/c2" };
let prevResult: object;

/** Indexes of the limited pair, in the container and on the lab.host. */
const INSIDE = 601;
const OUTSIDE = 501;
beforeEach(async () => {
  await run("ip link delete vethhost0");
  const ends = `vethhost0 index ${OUTSIDE} type veth peer name eth0 index ${INSIDE} netns c1`;
  await run(`ip link add ${ends}`);
  await run("ip link set vethhost0 up");
  await run("ip -n c1 link set eth0 up");
  lab.mac = (await lab.link("vethhost0"))?.address ?? "";
  await lab.container(other.name);
  const mac = await lab.addVeth("eth0", "vethhost2", other);
  const interfaces = [
    { name: "vethhost2", mac },
    { name: "vethhost0", mac: lab.mac },
  ];
  prevResult = { cniVersion: "1.1.0", interfaces };
});

/** A call for the attachment of the other container, whose result names both host's ends. */
async function ofOther(command: "ADD" | "CHECK" | "DEL"): ReturnType<BandwidthLab["call"]> {
  const attachment = { containerId: "cid2", netns: other.netns };
  return await lab.call(command, { ...LIMITS, prevResult }, attachment);
}

const run = (line: string): Promise<string> => must(line.split(" "));

const FORGERIES: readonly [string, () => Promise<void>][] = [
  [
    "a pair of its own with the same indexes",
    async () => {
      await run(`ip -n c2 link add eth0 index ${INSIDE} type veth peer name p0 index ${OUTSIDE}`);
    },
  ],
  [
    "a pair with the same indexes whose other end is in a namespace of its own making",
    async () => {
      await lab.container("c3");
      const peer = `name p0 index ${OUTSIDE} netns c3`;
      await run(`ip -n c2 link add eth0 index ${INSIDE} type veth peer ${peer}`);
    },
  ],
  [
    "a pair whose other end has the index of a link of the host by accident",
    async () => {
      await run(`ip -n c2 link add eth0 type veth peer name p0 index ${OUTSIDE}`);
    },
  ],
];

describe.each(FORGERIES)("where a container has %s", (_what, forge) => {
  test("case S4: DEL leaves the limits of the other container alone", async () => {
    await lab.must("ADD");
    expect(await ofOther("ADD")).toMatchObject({ exitCode: 0 });
    await run("ip -n c2 link delete eth0");
    await forge();
    expect(await ofOther("DEL")).toMatchObject({ exitCode: 0 });
    await lab.must("CHECK");
    expect(await lab.devices()).toEqual([IFB]);
    expect((await lab.qdiscs(lab.hostEnd)).map(({ kind }) => kind)).toEqual(["tbf", "ingress"]);
  });

  test("case S4, kind: CHECK does not take the limits of the other container for the attachment's", async () => {
    await lab.must("ADD");
    expect(await ofOther("ADD")).toMatchObject({ exitCode: 0 });
    await run("ip -n c2 link delete eth0");
    await forge();
    expect((await ofOther("CHECK")).json).toMatchObject({
      code: 7,
      msg: expect.stringMatching(/^veth peer with index \d+ is not in host ns$/) as string,
    });
  });

  test("case S4, kind: ADD limits no link of the other container", async () => {
    await run("ip -n c2 link delete eth0");
    await forge();
    expect((await ofOther("ADD")).json).toMatchObject({
      code: 7,
      msg: expect.stringMatching(/^veth peer with index \d+ is not in host ns$/) as string,
    });
    expect(await lab.devices()).toEqual([]);
    expect((await lab.qdiscs(lab.hostEnd)).map(({ kind }) => kind)).toEqual(["noqueue"]);
  });
});
