/**
 * `npm run site`: builds the documents as a site of plain files, dist/site. With `--serve [--port N]` it is served on
 * loopback, to be looked at; `--external` prints the links that leave it, which no test follows.
 */
import { parseArgs } from "node:util";
import { buildSite, SITE } from "./site/build.ts";
import { brokenLinks } from "./site/links.ts";
import { serveSite } from "./site/serve.ts";

const { values } = parseArgs({
  options: {
    serve: { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    external: { type: "boolean", default: false },
    out: { type: "string", default: SITE },
  },
});

const { pages, external } = await buildSite(values.out);
const broken = await brokenLinks(values.out);
for (const line of broken) console.error(line);
if (values.external) for (const link of external) console.log(link);
console.log(`${pages} pages in ${values.out}, ${external.length} links elsewhere`);
if (broken.length > 0) {
  process.exitCode = 1;
} else if (values.serve) {
  const { url } = serveSite(values.out, Number(values.port));
  console.log(`${url.href} until Ctrl-C`);
}
