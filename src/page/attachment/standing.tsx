import type { VNode } from "preact";
import type { AttachmentDetailForm, LinkForm, RuleForm } from "../../forms/index.ts";
import { Fact } from "../parts/fact.tsx";
import { RuleList } from "../parts/rule-list.tsx";
import { Mono } from "../parts/text.tsx";
import { areRulesKnown } from "./compare.ts";

/** What stands for the attachment in the kernel and on disk. */
export function Standing({ of: detail }: { of: AttachmentDetailForm }): VNode {
  const { hostLink, inside, reservations, rules } = detail;
  return (
    <section class="card" aria-labelledby="standing">
      <div class="card-head">
        <h2 id="standing">What stands for it</h2>
      </div>
      <div class="card-body">
        <dl class="facts">
          {inside?.link === undefined ? null : (
            <Fact title="In the container">
              <Link of={inside.link} />
            </Fact>
          )}
          {hostLink === undefined ? null : (
            <Fact title="On the host">
              <Link of={hostLink} />
            </Fact>
          )}
          <Fact title="Reservations">
            {reservations.length === 0 ? (
              <span class="muted">none</span>
            ) : (
              reservations.map(({ address, path }) => (
                <div key={path}>
                  <Mono of={address} /> <span class="muted">in</span> <Mono of={path} max={400} />
                </div>
              ))
            )}
          </Fact>
          <Fact title="Packet filter">
            {rules.length === 0 ? (
              <span class="muted">
                {areRulesKnown(detail) ? "nothing of its own" : "not known"}
              </span>
            ) : (
              <Rules of={rules} />
            )}
          </Fact>
        </dl>
      </div>
    </section>
  );
}

function Link({ of: link }: { of: LinkForm }): VNode {
  const { name, kind, up, master, mtu, mac, index } = link;
  const words = [
    kind ?? "",
    up === undefined ? "" : up ? "up" : "down",
    master === undefined ? "" : `port of ${master}`,
    mtu === undefined ? "" : `MTU ${mtu}`,
    mac ?? "",
  ].filter((word) => word !== "");
  return (
    <>
      <Mono of={name} />{" "}
      <span class="muted">{index === undefined ? "is not there" : words.join(", ")}</span>
    </>
  );
}

/** Few are shown at once. */
const FEW = 6;

function Rules({ of: rules }: { of: readonly RuleForm[] }): VNode {
  if (rules.length <= FEW) return <RuleList of={rules} />;
  return (
    <details>
      <summary>{rules.length} rules and elements</summary>
      <RuleList of={rules} />
    </details>
  );
}
