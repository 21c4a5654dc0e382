import { beforeAll, expect } from "bun:test";
import { appendFileSync } from "node:fs";
import { skipBecause } from "../support/needs.ts";
import { newestPlugins } from "../support/plugin-sets.ts";
import { missing } from "./cnitool.ts";
import { differences } from "./configurations/compare.ts";
import { configurations } from "./configurations/generate.ts";
import { GO, HAWSER, Theatre } from "./configurations/play.ts";

const withBoth = skipBecause(missing() ?? newestPlugins().missing);
let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});

withBoth(
  "explore",
  async () => {
    const from = Number(process.env["FROM"] ?? 0);
    const count = Number(process.env["COUNT"] ?? 60);
    let done = 0;
    for (const [index, configuration] of configurations(from + count).entries()) {
      if (index < from) continue;
      const theirs = await theatre.play(GO, configuration);
      const ours = await theatre.play(HAWSER, configuration);
      if (ours.add === "done") done++;
      const found = differences(theirs, ours);
      appendFileSync(
        "/tmp/parity/explore.log",
        `#${index} ${configuration.type} [${configuration.changes.join(" | ")}] ${ours.add}\n   go: ${theirs.said}\n   ours: ${ours.said}\n${found.map((d) => `   DIFF ${d}\n`).join("")}`,
      );
    }
    console.log("done", done);
    expect(1).toBe(1);
  },
  3_000_000,
);
