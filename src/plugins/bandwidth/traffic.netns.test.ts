import { beforeEach, describe, expect, test } from "bun:test";
import { bandwidthLab, IFB } from "../../../tests/support/bandwidth.ts";
import { must } from "../../../tests/support/exec.ts";
import { type Interval, throughput } from "../../../tests/support/throughput.ts";

const lab = bandwidthLab();
beforeEach(async () => {
  await must(["ip", "address", "add", "10.9.0.1/24", "dev", lab.hostEnd]);
  await must(["ip", "-n", "c1", "address", "add", "10.9.0.2/24", "dev", "eth0"]);
});

const PORT = 5001;
const TO_CONTAINER = 20_000_000;
const FROM_CONTAINER = 12_000_000;
const BURST = 400_000;
const LIMITS = {
  ...{ ingressRate: TO_CONTAINER, ingressBurst: BURST },
  ...{ egressRate: FROM_CONTAINER, egressBurst: BURST },
};
/** What TCP carries of a frame on a link with an MTU of 1400 bytes: no headers. */
const PAYLOAD = (1400 - 52) / 1414;

/** Where no limit is expected, a moment tells. */
const MOMENT = { warmUpMs: 200, measuredMs: 500 };

/** Bits of frames a second. */
async function toContainer(interval?: Interval): Promise<number> {
  const bytes = await throughput(undefined, lab.c1, "10.9.0.1", PORT, interval);
  return (bytes * 8) / PAYLOAD;
}

async function fromContainer(interval?: Interval): Promise<number> {
  const bytes = await throughput(lab.c1, undefined, "10.9.0.2", PORT, interval);
  return (bytes * 8) / PAYLOAD;
}

describe("traffic", () => {
  test("goes as fast as the limits say in both directions, and as before after DEL", async () => {
    await lab.must("ADD", LIMITS);
    for (const [measured, wanted] of [
      [await toContainer(), TO_CONTAINER],
      [await fromContainer(), FROM_CONTAINER],
    ] as const) {
      expect(measured).toBeGreaterThan(wanted * 0.9);
      expect(measured).toBeLessThan(wanted * 1.1);
    }
    await lab.must("CHECK", LIMITS);
    await lab.must("DEL", LIMITS);
    expect(await toContainer(MOMENT)).toBeGreaterThan(5 * TO_CONTAINER);
    expect(await fromContainer(MOMENT)).toBeGreaterThan(5 * FROM_CONTAINER);
  }, 60_000);

  test("in one direction is not slowed down by a limit on the other", async () => {
    await lab.must("ADD", { egressRate: FROM_CONTAINER, egressBurst: BURST });
    expect(await toContainer(MOMENT)).toBeGreaterThan(5 * FROM_CONTAINER);
  }, 60_000);

  test("from the container goes on when its device was deleted behind our back and DEL came", async () => {
    await lab.must("ADD", LIMITS);
    await must(["ip", "link", "delete", IFB]);
    await lab.must("DEL", LIMITS);
    expect(await fromContainer(MOMENT)).toBeGreaterThan(5 * FROM_CONTAINER);
  }, 60_000);
});
