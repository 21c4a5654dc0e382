import { type AttributeTable, attributes, type Field, type Fields } from "../../netlink/index.ts";

/** One kind of expression: its attributes, and which of them it cannot be without. */
export interface ExpressionTable<E> {
  readonly table: AttributeTable<Omit<E, "kind">>;
  readonly required: readonly string[];
}

/** A field that may be absent. */
export interface OptionalField<T> extends Field<T> {
  readonly optional: true;
}

/** One line for each property of an expression; those that may be absent are optional fields. */
type ExpressionFields<E> = {
  readonly [K in keyof Omit<E, "kind">]-?: undefined extends E[K]
    ? OptionalField<NonNullable<E[K]>>
    : Field<E[K]>;
};

export function optional<T>(field: Field<T>): OptionalField<T> {
  return { ...field, optional: true };
}

/**
 * The attributes of one kind of expression, in the order of nft. An expression with an attribute, or a
 * value, that is not said here is kept as it came.
 */
export function expression<E>(
  fields: ExpressionFields<E>,
  ignored: readonly number[] = [],
): ExpressionTable<E> {
  const required = Object.entries(fields)
    .filter(([, field]) => !Object.hasOwn(field as object, "optional"))
    .map(([name]) => name);
  const table = attributes<Omit<E, "kind">>(fields as unknown as Fields<Omit<E, "kind">>, ignored);
  return { table, required };
}
