import { Host } from "../tests/support/host.ts";
import { type Asked, handlers, type Name } from "./inside/handlers.ts";
import { Lab } from "./inside/lab.ts";

/**
 * A world of its own: this process runs in fresh network and mount namespaces. Each line on standard
 * input is a request, `{"name": …, "argument": …}`; the answer is a line of JSON. The container stays
 * the same, so that making and ending namespaces, which is the runtime's user's work, does not
 * disturb the measurement.
 */

async function answer(lab: Lab, { name, argument }: Asked<Name>): Promise<unknown> {
  const handler = handlers[name] as (lab: Lab, argument: unknown) => Promise<unknown>;
  try {
    return { answer: (await handler(lab, argument)) ?? null };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const host = await Host.create();
const lab = new Lab(host, await host.container("bench"));
console.log(JSON.stringify({ answer: null }));
for await (const line of console) {
  // The end of the input is an empty line.
  if (line === "") break;
  console.log(JSON.stringify(await answer(lab, JSON.parse(line) as Asked<Name>)));
}
await lab.close();
