/** One finding of one rule at one address that is accepted until a day, and why. `checks.suppress` of an environment. */
export interface Suppression {
  readonly rule: string;
  /** Address of the resource; `*` inside it stands for any text. For a finding of the plan as a whole: `plan`. */
  readonly address: string;
  readonly reason: string;
  /** `2026-12-31`: the last day on which it counts. */
  readonly expires: string;
}

/** What findings of the plan as a whole have for an address in suppressions and reports. */
export const WHOLE_PLAN = 'plan';

export function suppresses(
  { rule, address }: Suppression,
  finding: { readonly rule: string; readonly address?: string },
): boolean {
  return rule === finding.rule && matches(address, finding.address ?? WHOLE_PLAN);
}

function matches(pattern: string, address: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === address;
  if (!address.startsWith(first)) return false;
  let from = first.length;
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return address.length - part.length >= from && address.endsWith(part);
    const found = address.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return true;
}

/** Whether it has expired on a day, both as `2026-12-31`. */
export function hasExpired({ expires }: Suppression, today: string): boolean {
  return expires < today;
}
