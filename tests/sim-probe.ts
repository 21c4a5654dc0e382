import { createMember } from "../src/fleet/index.ts";
import { runSeed } from "./simulation/run.ts";
const [from, to] = process.argv.slice(2).map(Number);
const t0 = performance.now(); let bad = 0;
for (let seed = from!; seed < to!; seed++) {
  const t = performance.now();
  const v = runSeed({ seed, makeMember: createMember });
  if (v.breaches.length || performance.now() - t > 5000) { bad++; console.log(seed, Math.round(performance.now()-t), JSON.stringify(v.scenario), v.breaches.slice(0, 3)); }
  if (bad > 8) break;
}
console.log("done", bad, performance.now() - t0);
