/** JSON as CompreFace's API prints it: Jackson, indented, which a parser takes but a text comparison may not. */

/** A Java float or double: printed with a decimal point even when it is whole. */
interface Decimal {
  readonly decimal: number;
}

export type JavaValue =
  | string
  | boolean
  | number
  | Decimal
  | readonly JavaValue[]
  | { readonly [name: string]: JavaValue | undefined };

/** A Java float or double, rounded half up to `digits` decimals. */
export function decimal(value: number, digits = 5): Decimal {
  return { decimal: Math.round(value * 10 ** digits) / 10 ** digits };
}

/** Prints a value; undefined members are left out, as are nulls in CompreFace. */
export function printJackson(value: JavaValue, indent = ""): string {
  if (typeof value !== "object") return JSON.stringify(value);
  if (isList(value))
    return value.length === 0 ? "[ ]" : `[ ${value.map((item) => printJackson(item, indent)).join(", ")} ]`;
  if (isDecimal(value)) return Number.isInteger(value.decimal) ? value.decimal.toFixed(1) : String(value.decimal);
  const inner = `${indent}  `;
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${inner}${JSON.stringify(name)} : ${printJackson(member, inner)}`],
  );
  return members.length === 0 ? "{ }" : `{\n${members.join(",\n")}\n${indent}}`;
}

function isList(value: object): value is readonly JavaValue[] {
  return Array.isArray(value);
}

function isDecimal(value: object): value is Decimal {
  return "decimal" in value && typeof value.decimal === "number";
}
