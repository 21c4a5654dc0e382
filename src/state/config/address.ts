import { Ip, Prefix } from "../../addr/index.ts";
import { type Rule, rule } from "../../plugin/index.ts";

/** An address; `refuse` makes the error for what is none. */
export function addressText(refuse: (text: string) => Error): Rule<string> {
  return rule({ $ref: "#/$defs/address" }, (text) => {
    if (Ip.tryParse(text) === undefined) throw refuse(text);
  });
}

/** An address, or "" for none. */
export function optionalAddressText(refuse: (text: string) => Error): Rule<string> {
  return rule({ $ref: "#/$defs/optionalAddress" }, (text) => {
    if (text !== "" && Ip.tryParse(text) === undefined) throw refuse(text);
  });
}

/** An address with the length of a prefix. */
export function prefixText(refuse: (text: string) => Error): Rule<string> {
  return rule({ $ref: "#/$defs/prefix" }, (text) => {
    if (Prefix.tryParse(text) === undefined) throw refuse(text);
  });
}
