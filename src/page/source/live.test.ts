import { describe, expect, test } from "bun:test";
import { rejection } from "../../../tests/support/rejection.ts";
import { LiveSource } from "./live.ts";
import { snapshotOf } from "./snapshot.ts";
import { takeToken } from "./token.ts";

const ORIGIN = "http://127.0.0.1:1";

function sourceOf(response: () => Response): {
  source: LiveSource;
  asked: [string, RequestInit][];
} {
  const asked: [string, RequestInit][] = [];
  const fetch = (url: string, init: RequestInit): Promise<Response> => {
    asked.push([url, init]);
    return Promise.resolve().then(response);
  };
  return { source: new LiveSource({ origin: ORIGIN, token: "sesame", fetch }), asked };
}

describe("the API", () => {
  test("is asked with the token, and without cookies", async () => {
    const { source, asked } = sourceOf(() => Response.json({ hostname: "a" }));
    expect(await source.read("node")).toEqual({ hostname: "a" });
    expect(asked).toMatchObject([
      [
        `${ORIGIN}/api/1/node`,
        { headers: { Authorization: "Bearer sesame" }, credentials: "omit", cache: "no-store" },
      ],
    ]);
  });

  test("says by its status and its error what is wrong", async () => {
    const error = { cniVersion: "1.1.0", code: 5, msg: "it cannot be read", details: "EACCES" };
    const refused = sourceOf(() => Response.json(error, { status: 500 })).source;
    expect(await rejection(refused.read("rules"))).toMatchObject({
      ...{ kind: "refused", message: "it cannot be read", code: 5, details: "EACCES" },
    });
    const forbidden = sourceOf(() => new Response("no", { status: 401 })).source;
    expect(await rejection(forbidden.read("rules"))).toMatchObject({ kind: "forbidden" });
    const gone404 = sourceOf(() => Response.json(error, { status: 404 })).source;
    expect(await rejection(gone404.read("ranges/9"))).toMatchObject({ kind: "gone" });
    const broken = sourceOf(() => new Response("<html>")).source;
    expect(await rejection(broken.read("rules"))).toMatchObject({ kind: "unreadable" });
    const gone = sourceOf(() => {
      throw new TypeError("fetch failed");
    }).source;
    expect(await rejection(gone.read("rules"))).toMatchObject({ kind: "unreachable" });
  });

  test("goes on with a stream from the last id", async () => {
    const stop = new AbortController();
    const { source, asked } = sourceOf(
      () => new Response('id: 4\ndata: {"revision":"4","kind":"node"}\n\n'),
    );
    const revisions: string[] = [];
    const nothing = (): void => undefined;
    await source.follow(
      "3",
      {
        ...{ live: nothing, forbidden: nothing },
        change: ({ revision }) => revisions.push(revision),
        lost: () => stop.abort(),
      },
      stop.signal,
    );
    expect(revisions).toEqual(["4"]);
    expect(asked[0]).toMatchObject([
      `${ORIGIN}/api/1/changes`,
      { headers: { "Last-Event-ID": "3" } },
    ]);
  });
});

describe("the data of a report", () => {
  test("are answers by their paths", async () => {
    const source = snapshotOf('{"answers":{"node":{"hostname":"a"}}}');
    expect(await source.read("node")).toEqual({ hostname: "a" });
    const calls = snapshotOf('{"answers":{"calls":{"groups":[{"id":"a/b"}]}}}');
    expect(await calls.read("calls/a%2Fb")).toEqual({ id: "a/b" });
    expect(await rejection(calls.read("calls/c"))).toMatchObject({ kind: "left out" });
    expect(await rejection(source.read("toString"))).toMatchObject({ kind: "left out" });
  });

  test.each(["", "7", "null", '{"answers":7}', "{}"])("are not %j", (text) => {
    expect(() => snapshotOf(text)).toThrow("data of this report");
  });
});

describe("the token", () => {
  function storage(kept: Record<string, string>): {
    getItem: (k: string) => string | null;
    setItem: (k: string, v: string) => void;
  } {
    return {
      getItem: (key) => kept[key] ?? null,
      setItem: (key, value) => {
        kept[key] = value;
      },
    };
  }

  test("is taken from the address, and kept for the tab", () => {
    const kept: Record<string, string> = {};
    expect(takeToken("#token=aB-_9", storage(kept))).toEqual({ token: "aB-_9", isInAddress: true });
    expect(takeToken("#/attachments", storage(kept))).toEqual({
      token: "aB-_9",
      isInAddress: false,
    });
    expect(takeToken("#token=new", storage(kept))).toEqual({ token: "new", isInAddress: true });
  });

  test("is absent where there is none, or nothing may be kept", () => {
    expect(takeToken("#token=<b>", storage({}))).toEqual({ token: undefined, isInAddress: false });
    const refusing = {
      getItem: () => {
        throw new Error("not allowed");
      },
      setItem: () => {
        throw new Error("not allowed");
      },
    };
    expect(takeToken("", refusing)).toEqual({ token: undefined, isInAddress: false });
    expect(takeToken("#token=a", refusing)).toEqual({ token: "a", isInAddress: true });
  });
});
