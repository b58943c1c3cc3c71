/** A value that only the apply will know. Not the same as no value. */
export const UNKNOWN: unique symbol = Symbol('only known after the apply');
export type Unknown = typeof UNKNOWN;

export type Values = Readonly<Record<string, unknown>>;

/** What Terraform wants a block to be: its values, and which of them are not known yet. */
export class View {
  readonly values: Values;
  readonly #unknown: Values;

  constructor(values: Values, unknown: Values) {
    this.values = values;
    this.#unknown = unknown;
  }

  /** Undefined where nothing is said. Expressions of a synthesized configuration are unknown too. */
  get(key: string): unknown {
    if (this.#unknown[key] === true) return UNKNOWN;
    const value = this.values[key];
    if (typeof value === 'string' && isExpression(value)) return UNKNOWN;
    return value ?? undefined;
  }

  text(key: string): string | Unknown | undefined {
    const value = this.get(key);
    if (value === UNKNOWN || value === undefined) return value;
    return typeof value === 'string' ? value : String(value);
  }

  /** A number, also where the provider's schema has it as text. */
  number(key: string): number | Unknown | undefined {
    const value = this.get(key);
    if (value === UNKNOWN || value === undefined || value === '')
      return value === UNKNOWN ? value : undefined;
    const number = Number(value);
    return Number.isFinite(number) ? number : undefined;
  }

  /** A truth value, also where the provider's schema has it as text. */
  flag(key: string): boolean | Unknown | undefined {
    const value = this.get(key);
    if (value === UNKNOWN || value === undefined || value === '')
      return value === UNKNOWN ? value : undefined;
    return value === true || value === 'true';
  }

  /** A list of texts; one element that is not known makes the list unknown. */
  texts(key: string): readonly string[] | Unknown {
    const value = this.get(key);
    if (value === UNKNOWN) return UNKNOWN;
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
    const marks = this.#unknown[key];
    if (Array.isArray(marks) && marks.includes(true)) return UNKNOWN;
    return list.some((item) => typeof item === 'string' && isExpression(item)) ? UNKNOWN : list.map(String);
  }

  /** The nested blocks of a name, none where it is not there. */
  blocks(key: string): readonly View[] | Unknown {
    const value = this.get(key);
    if (value === UNKNOWN) return UNKNOWN;
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
    const marks = this.#unknown[key];
    return list
      .filter(isValues)
      .map((block, index) => new View(block, marksOf(Array.isArray(marks) ? marks[index] : marks)));
  }

  /** The first block of a name. */
  block(key: string): View | Unknown | undefined {
    const found = this.blocks(key);
    return found === UNKNOWN ? UNKNOWN : found[0];
  }
}

export function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function marksOf(marks: unknown): Values {
  return isValues(marks) ? marks : {};
}

function isExpression(text: string): boolean {
  return text.includes('${') && /(?<!\$)\$\{/.test(text);
}
