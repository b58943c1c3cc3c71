import { isValues } from './view.ts';

/** One statement of an IAM policy, as AWS writes it. */
export interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: string | readonly string[];
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The statements of a policy document; undefined where it cannot be read. */
export function statementsOf(policy: string): readonly Statement[] | undefined {
  try {
    const document: unknown = JSON.parse(policy);
    if (!isValues(document)) return undefined;
    const { Statement } = document;
    return [Statement].flat().filter(isValues);
  } catch {
    return undefined;
  }
}

/** AWS writes a list of one as its element. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
