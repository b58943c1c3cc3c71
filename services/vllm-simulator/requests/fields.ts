import { type FieldError, fieldErrors } from '../errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads fields as pydantic does in its lax mode: missing and null are the same, `"5"` is an integer. */
export interface FieldReader {
  integer(name: string): number | undefined;
  number(name: string): number | undefined;
  boolean(name: string): boolean | undefined;
  text(name: string): string | undefined;
  list(name: string): readonly unknown[] | undefined;
  object(name: string): JsonObject | undefined;
  required(name: string): unknown;
  reject(error: FieldError): void;
  /** @throws RequestError with every fault found so far */
  done(): void;
}

const TRUE_WORDS = ['true', '1', 'yes', 'on', 't', 'y'];
const FALSE_WORDS = ['false', '0', 'no', 'off', 'f', 'n'];

/** @throws RequestError if the body is no object */
export function fieldReader(body: unknown): FieldReader {
  if (!isObject(body)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    throw fieldErrors([{ type: 'model_attributes_type', loc: 'body', msg, input: body }]);
  }
  const errors: FieldError[] = [];
  const fail = (name: string, type: string, msg: string): undefined => {
    errors.push({ type, loc: `body.${name}`, msg, input: body[name] });
    return undefined;
  };
  const given = (name: string) => body[name] ?? undefined;

  const number = (name: string): number | undefined => {
    const value = given(name);
    if (value === undefined || typeof value === 'number') return value;
    if (typeof value !== 'string') return fail(name, 'float_type', 'Input should be a valid number');
    if (value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
    return fail(name, 'float_parsing', 'Input should be a valid number, unable to parse string as a number');
  };
  return {
    number,
    integer(name) {
      const value = given(name);
      if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
      if (typeof value === 'number') {
        return fail(
          name,
          'int_from_float',
          'Input should be a valid integer, got a number with a fractional part',
        );
      }
      if (typeof value !== 'string') return fail(name, 'int_type', 'Input should be a valid integer');
      if (/^\s*[+-]?\d+\s*$/.test(value)) return Number(value);
      return fail(
        name,
        'int_parsing',
        'Input should be a valid integer, unable to parse string as an integer',
      );
    },
    boolean(name) {
      const value = given(name);
      if (value === undefined || typeof value === 'boolean') return value;
      const word =
        typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : undefined;
      if (word === undefined) return fail(name, 'bool_type', 'Input should be a valid boolean');
      if (TRUE_WORDS.includes(word)) return true;
      if (FALSE_WORDS.includes(word)) return false;
      return fail(name, 'bool_parsing', 'Input should be a valid boolean, unable to interpret input');
    },
    text(name) {
      const value = given(name);
      if (value === undefined || typeof value === 'string') return value;
      return fail(name, 'string_type', 'Input should be a valid string');
    },
    list(name) {
      const value = given(name);
      if (value === undefined || Array.isArray(value)) return value;
      return fail(name, 'list_type', 'Input should be a valid list');
    },
    object(name) {
      const value = given(name);
      if (value === undefined || isObject(value)) return value;
      return fail(
        name,
        'model_attributes_type',
        'Input should be a valid dictionary or object to extract fields from',
      );
    },
    required(name) {
      if (!(name in body))
        errors.push({ type: 'missing', loc: `body.${name}`, msg: 'Field required', input: body });
      return body[name];
    },
    reject: (error) => errors.push(error),
    done() {
      if (errors.length > 0) throw fieldErrors(errors);
    },
  };
}
