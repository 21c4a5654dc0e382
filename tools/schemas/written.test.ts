import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { ROOT } from "../test/files.ts";
import { BASE, documents, printed } from "./documents.ts";

const written = await documents();
const SCHEMAS = [...written].filter(([path]) => /^schemas\/.*\.schema\.json$/u.test(path));

test.each([...written.keys()])("%s is as `npm run schemas` writes it", (path) => {
  const file = join(ROOT, path);
  const found = existsSync(file) ? readFileSync(file, "utf8") : "";
  const wanted = written.get(path) ?? {};
  // What lies beside other documents has their form. Two texts of many lines would hide the advice.
  const isIt = path.startsWith("docs/")
    ? found !== "" && isDeepStrictEqual(JSON.parse(found), wanted)
    : found === printed(wanted);
  const advice = isIt ? "" : "run `npm run schemas`";
  expect(advice).toBe("");
});

test("schemas/ has nothing else", () => {
  const found = readdirSync(join(ROOT, "schemas"), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile());
  expect(files.length).toBe(
    [...written.keys()].filter((path) => path.startsWith("schemas/")).length,
  );
});

test("each schema is one by its own dialect, and needs no other", () => {
  for (const [path, schema] of SCHEMAS) {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
    expect([path, typeof ajv.compile(schema)]).toEqual([path, "function"]);
    expect(schema["$id"]).toBe(`${BASE}${path}`);
  }
}, 60_000);

describe("the entry for SchemaStore", () => {
  const catalog = written.get("schemas/schemastore/catalog.json") as unknown as {
    readonly schemas: readonly { readonly name: string; readonly url: string }[];
  };

  test("names schemas that are there", () => {
    const ids = SCHEMAS.map(([, schema]) => schema["$id"]);
    for (const { url } of catalog.schemas) expect(ids).toContain(url);
  });

  test.each([...written.keys()].filter((path) => path.includes("test/")))(
    "%s is judged as its folder says",
    (path) => {
      const [, folder = "", name = ""] = /schemastore\/(\w+)\/cni-(\w+)\//u.exec(path) ?? [];
      const schema = written.get(`schemas/${name}.schema.json`) ?? {};
      const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
      expect(ajv.validate(schema, written.get(path))).toBe(folder === "test");
    },
  );
});
