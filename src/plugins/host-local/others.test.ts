import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Answer, addressesOf, Lab } from "../../../tests/support/host-local.ts";

/** A process that serves many containers does not stop for one network's thousands of reservations. */

const MANY = 6000;
const WIDE = { subnet: "10.1.0.0/16" };

/** Reservations as another implementation leaves them, of which no register knows. */
function fill(lab: Lab): void {
  mkdirSync(lab.directory, { recursive: true });
  for (let n = 0; n < MANY; n++) {
    const name = `10.1.${128 + (n >> 8)}.${n & 255}`;
    writeFileSync(join(lab.directory, name), `many${n}\r\neth0`);
  }
}

const CALLS: [operation: string, call: (lab: Lab) => Promise<Answer>, left: number][] = [
  ["ADD", (lab) => lab.add("cid1", WIDE), MANY + 1],
  ["DEL", (lab) => lab.del("many7", WIDE), MANY - 1],
  [
    "GC",
    (lab) => {
      const valid = [{ containerID: "many7", ifname: "eth0" }];
      const config = lab.config(WIDE, { "cni.dev/valid-attachments": valid });
      return lab.call({ operation: "GC", config });
    },
    1,
  ],
];

test.each(CALLS)(
  "%s among thousands lets other networks be served, and its own wait",
  async (_operation, call, left) => {
    using lab = new Lab();
    using other = new Lab();
    fill(lab);
    const order: string[] = [];
    const noted = async (name: string, answer: Promise<Answer>): Promise<Answer> => {
      const given = await answer;
      order.push(name);
      return given;
    };
    const large = noted("large", call(lab));
    const waiting = noted("own", lab.add("cid2", WIDE));
    const quick = noted("other", other.add("cid1", { subnet: "10.2.0.0/24" }));
    expect(addressesOf(await quick)).toEqual(["10.2.0.2"]);
    expect((await large).exitCode).toBe(0);
    expect(addressesOf(await waiting)).toHaveLength(1);
    expect(order).toEqual(["other", "large", "own"]);
    expect(lab.reservations()).toHaveLength(left + 1);
  },
);
