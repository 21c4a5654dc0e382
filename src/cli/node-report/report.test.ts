import { expect, test } from "bun:test";
import { collectAnswers, reportFile, withoutAddresses, withoutSecrets } from "./index.ts";

/** An API with an answer for each path, which notes what it is asked for. */
function fakeApi(answers: Readonly<Record<string, unknown>>): {
  ask: (path: string) => Promise<unknown>;
  asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    ask: async (path) => {
      asked.push(path);
      const answer = answers[path] ?? (path.includes("/") ? { of: path } : undefined);
      if (answer === undefined) throw new Error(`no ${path}`);
      return await Promise.resolve(answer);
    },
  };
}

const onError = (error: unknown): string => (error as Error).message;
const one = (network: string, containerId: string, state: string, addresses: string[]): object => {
  return { network, containerId, ifName: "eth0", state, addresses };
};
const LISTS = {
  attachments: {
    attachments: [one("web", "a", "ok", ["10.1.0.7/16"]), one("w/b", "<b>", "leak", ["fd00::7"])],
  },
  ranges: { ranges: [{ subnet: "10.1.0.0/16" }] },
  ports: { ports: [{ protocol: "tcp", hostPort: 8080 }] },
  calls: { groups: [{ id: "0a" }] },
};

test("a report asks for the lists, and for each thing that they name, the faulty first", async () => {
  const { ask, asked } = fakeApi(LISTS);
  const found = await collectAnswers(ask, { onError });
  expect(asked.slice(asked.indexOf("map") + 1)).toEqual([
    "ranges/0",
    "attachments/w%2Fb/%3Cb%3E/eth0",
    "attachments/web/a/eth0",
    "path?port=tcp%2F8080",
    "path?address=fd00%3A%3A7",
    "path?address=10.1.0.7",
    "calls/0a",
  ]);
  expect(found.problems).toContain("node: no node");
  expect(found.leftOut).toEqual({});
  expect(Object.keys(found.answers)).not.toContain("node");
});

test("what does not fit is left out, and counted", async () => {
  const { ask } = fakeApi(LISTS);
  const fits = [...Object.values(LISTS), { of: "ranges/0" }];
  const maxBytes = fits.reduce((sum, answer) => sum + JSON.stringify(answer).length, 0);
  const { answers, leftOut } = await collectAnswers(ask, { maxBytes, onError });
  expect(Object.keys(answers)).toContain("ranges/0");
  expect(leftOut).toEqual({ attachments: 2, ways: 3, calls: 1 });
});

test("secrets do not get into a report, wherever they stand again", () => {
  const answers = {
    "attachments/web/a/eth0": { asked: { ipam: { token: "s3cr3t-value" } } },
    calls: { error: "the server refused s3cr3t-value" },
  };
  const text = JSON.stringify(withoutSecrets(answers));
  expect(text).not.toContain("s3cr3t-value");
  expect(text).toContain("(masked)");
});

test("a network that is called as a secret is none", () => {
  const answers = { "attachments/secret/a/eth0": { state: "drift" }, node: { hostname: "drift" } };
  expect(withoutSecrets(answers)).toEqual(answers);
});

test("addresses are masked alike in answers and in the paths by which these are found", () => {
  const masked = withoutAddresses({
    ranges: { ranges: [{ subnet: "10.1.0.0/16" }, { subnet: "fd00:7::/64" }] },
    "path?address=fd00%3A7%3A%3A7": { asked: "fd00:7::7" },
    "path?port=tcp%2F8080": { steps: ["10.1.0.7"] },
    "attachments/w%2Fb/10.1.0.7/eth0": { addresses: ["10.1.0.7/16"] },
  });
  expect(masked).toEqual({
    ranges: { ranges: [{ subnet: "240.0.0.0/16" }, { subnet: "3fff:1::/64" }] },
    "path?address=3fff%3A1%3A%3A7": { asked: "3fff:1::7" },
    "path?port=tcp%2F8080": { steps: ["240.0.0.7"] },
    "attachments/w%2Fb/240.0.0.7/eth0": { addresses: ["240.0.0.7/16"] },
  });
});

test("no text of a container ends the element that holds the data", () => {
  const page =
    '<p>$&</p><script type="application/json" id="hawser-report">null</script><p>end</p>';
  const data = { pod: "</script><script>alert(1)</script><!--\u2028$&$'" };
  const file = reportFile(page, data);
  const inside = file.slice(file.indexOf(">", file.indexOf("hawser-report")) + 1);
  const json = inside.slice(0, inside.indexOf("</script>"));
  expect(JSON.parse(json)).toEqual(data);
  expect(file).toStartWith("<p>$&</p><script");
  expect(file).toEndWith("</script><p>end</p>");
  expect(file).not.toContain("\u2028");
  expect(() => reportFile("<p></p>", data)).toThrow(RangeError);
});
