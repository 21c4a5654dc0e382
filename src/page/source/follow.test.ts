import { describe, expect, test } from "bun:test";
import { SourceFailure } from "./failure.ts";
import { followChanges } from "./follow.ts";
import type { Follower } from "./source.ts";

type Opened = string | SourceFailure;

/** Follows streams that are there one after the other, and says what came of it. */
async function followed(streams: readonly Opened[], from?: string): Promise<string[]> {
  const said: string[] = [];
  const stop = new AbortController();
  const left = [...streams];
  const follower: Follower = {
    live: (isAnew) => said.push(isAnew ? "live anew" : "live"),
    change: ({ kind, revision }) => said.push(`${kind} ${revision}`),
    lost: ({ failures, waitMs }) => said.push(`lost ${failures} ${waitMs}`),
    forbidden: () => said.push("forbidden"),
  };
  await followChanges(from, follower, stop.signal, {
    open: (last) => {
      said.push(`open ${last}`);
      const next = left.shift();
      if (next instanceof SourceFailure) return Promise.reject(next);
      return Promise.resolve(new Response(next ?? "").body ?? new ReadableStream());
    },
    wait: () => {
      if (left.length === 0) stop.abort();
      return Promise.resolve();
    },
  });
  return said;
}

function event(revision: string, kind: string = "node"): string {
  return `id: ${revision}\ndata: ${JSON.stringify({ revision, kind })}\n\n`;
}

const UNREACHABLE = new SourceFailure("unreachable", "nothing answers");

describe("a stream that breaks", () => {
  test("goes on behind the last change that came", async () => {
    expect(await followed([event("5") + event("6"), event("7")], "4")).toEqual([
      ...["open 4", "live", "node 5", "node 6", "lost 1 250"],
      ...["open 6", "live", "node 7", "lost 1 250"],
    ]);
  });

  test("is opened ever more seldom while nothing comes", async () => {
    expect(await followed([UNREACHABLE, "", UNREACHABLE, event("2")], "1")).toEqual([
      ...["open 1", "lost 1 250", "open 1", "live", "lost 2 500", "open 1", "lost 3 1000"],
      ...["open 1", "live", "node 2", "lost 1 250"],
    ]);
  });

  test("without a revision may have missed something", async () => {
    expect(await followed([""])).toEqual(["open undefined", "live anew", "lost 1 250"]);
  });

  test("passes over what is no change of this version", async () => {
    const odd = `data: {]\n\ndata: 7\n\n${event("8", "weather")}${event("9", "reset")}`;
    expect(await followed([odd], "1")).toContain("reset 9");
    expect(await followed([odd], "1")).toHaveLength(4);
  });
});

test("a token that is refused is not tried again", async () => {
  const refused = new SourceFailure("forbidden", "the token is wrong");
  expect(await followed([refused, event("1")], "0")).toEqual(["open 0", "forbidden"]);
});
