import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Decoded, parseEntry, parseEntryAmong, printEntry } from "./entry.ts";

const asked = { network: "", containerId: "", ifName: "" };

/** Both ways to read a file, the second one right behind a file with this configuration. */
function bothWays(text: string, config: string): [Decoded, Decoded] {
  const alone = parseEntry(text, asked);
  const entry = { attachment: { network: "n", containerId: "c", ifName: "eth0" }, netns: "" };
  const before = printEntry({ ...entry, args: [], capabilityArgs: {}, config });
  parseEntry(before, asked);
  return [alone, parseEntryAmong(Buffer.from(text), asked)];
}

const CONFIG = '{"name":"net"}';
const encoded = Buffer.from(CONFIG).toString("base64");

test("a file among others is read as it is alone, whatever its parts", () => {
  const name = fc.constantFrom(
    "config",
    "kind",
    "networkName",
    "result",
    "Config",
    "capabilityArgs",
  );
  const value = fc.oneof(
    fc.constantFrom<unknown>(encoded, "bmV0", "", null, "cniCacheV1", 1, "a\\b", '"config"', "é"),
    fc.constantFrom<unknown>({ config: encoded }, [{ config: encoded }], { portMappings: [] }),
  );
  const members = fc.array(fc.tuple(name, value), { maxLength: 6 });
  fc.assert(
    fc.property(members, fc.boolean(), (given, isUsual) => {
      const usual: [string, unknown][] = [
        ["kind", "cniCacheV1"],
        ["containerId", "c"],
        ["config", encoded],
      ];
      const all = isUsual ? [...usual, ...given] : given;
      // Not by an object, so that keys may come twice.
      const parts = all.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`);
      const [alone, among] = bothWays(`{${parts.join(",")}}`, CONFIG);
      expect(among).toEqual(alone);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["torn", `{"kind":"cniCacheV1","containerId":"c","config":"${encoded}","ifNa`],
  ["of another kind", `{"kind":"other","config":"${encoded}"}`],
  ["with an escaped key", `{"kind":"cniCacheV1","config":"${encoded}","\\u0063onfig":null}`],
  ["whose configuration is deeper", `{"kind":"cniCacheV1","result":{"config":"${encoded}"}}`],
  ["that is a result", `{"cniVersion":"1.0.0","config":"${encoded}"}`],
  ["without any", '{"kind":"cniCacheV1","containerId":"c"}'],
  ["that is empty", ""],
])("a file %s is read as it is alone", (_, text) => {
  const [alone, among] = bothWays(text, CONFIG);
  expect(among).toEqual(alone);
});
