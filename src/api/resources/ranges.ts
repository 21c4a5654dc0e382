import type { RangeMapForm, RangesForm } from "../../forms/index.ts";
import type { NodeView } from "../../view/attachments/index.ts";
import { lookAtPools, type PoolReport, rangeConfigs } from "../../view/pools/index.ts";
import { rangeForm, reservationForm } from "../form/index.ts";
import { badQuestion, notThere } from "../question/index.ts";
import { runsOf } from "../ranges/index.ts";
import { problemsOf } from "./problem.ts";
import type { Resource } from "./resource.ts";

export const ranges: Resource = {
  path: "ranges",
  summary: "How full the ranges of networks are, as `hawser pools` tells it.",
  parameters: [],
  form: "pools",
  answer({ look: { view } }): RangesForm {
    const report = poolsOf(view);
    return {
      ranges: report.pools.map(rangeForm),
      strays: report.strays.map(reservationForm),
      problems: [...problemsOf(view), ...report.problems],
    };
  },
};

export const range: Resource = {
  path: "ranges/{number}",
  summary: "One range, by its place in that list, with what of its addresses is not free.",
  parameters: [],
  form: "poolMap",
  answer({ look: { view } }, { names: [number = ""] }): RangeMapForm {
    if (!/^\d{1,9}$/u.test(number)) throw badQuestion(`${number} is no number of a range`);
    const pool = poolsOf(view).pools[Number(number)];
    if (pool === undefined) throw notThere(`there is no range ${number}`);
    return { range: rangeForm(pool), ...runsOf(pool, view) };
  },
};

function poolsOf(view: NodeView): PoolReport {
  return lookAtPools(rangeConfigs(view), view);
}
