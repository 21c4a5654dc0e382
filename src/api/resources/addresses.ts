import { Ip } from "../../addr/index.ts";
import type { AddressForm } from "../../forms/index.ts";
import { Journal, readPeriods } from "../../journal/index.ts";
import { readBootId } from "../../state/owner/index.ts";
import { lookAtAddress } from "../../view/address/index.ts";
import { rangeConfigs } from "../../view/pools/index.ts";
import { orProblem } from "../../view/sources/index.ts";
import { addressForm } from "../form/index.ts";
import { badQuestion } from "../question/index.ts";
import { ProblemList } from "./problem.ts";
import type { Resource } from "./resource.ts";

export const addresses: Resource = {
  path: "addresses/{address}",
  summary: "Which attachment has an address, and which had it, as `hawser ip` tells it.",
  parameters: [],
  form: "address",
  answer({ look: { view }, places }, { names: [text = ""] }): AddressForm {
    const ip = Ip.tryParse(text);
    if (ip === undefined) throw badQuestion(`${text} is no address`);
    const address = ip.toString();
    const problems = new ProblemList(view);
    const history = orProblem(`${places.stateDir}/history.jsonl`, problems.note, () =>
      readPeriods(new Journal(places.stateDir, readBootId()), { address }),
    );
    const report = lookAtAddress(ip, {
      view,
      configs: rangeConfigs(view),
      history: history ?? [],
    });
    return {
      address,
      ...addressForm(report),
      problems: [...problems.texts, ...report.problems],
    };
  },
};
