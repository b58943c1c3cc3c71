import { localName, type NamedCall, nameOf, resourceNames } from './calls.ts';
import { type Expression, literal } from './configuration.ts';
import { shown } from './read-arguments.ts';
import type { ReferenceRule } from './tool.ts';

interface Candidate {
  readonly type: string;
  /** Names by which the model may mean it. */
  readonly names: readonly string[];
  readonly address: string;
}

/** What of a request can be referred to, by type. */
export class References {
  readonly #candidates: readonly Candidate[];

  constructor(calls: readonly NamedCall[]) {
    this.#candidates = calls.flatMap((call) =>
      call.tool.resources
        .filter(({ as, each }) => as === undefined && each === undefined)
        .flatMap((rule) =>
          resourceNames(call, rule).map((name) => ({
            type: rule.type,
            address: `${rule.type}.${name}`,
            names: [
              nameOf(call),
              name,
              localName(nameOf(call)),
              ...call.tool.resources.map(({ type }) => `${type}.${name}`),
            ],
          })),
        ),
    );
  }

  /** What a text of the model refers to: something of this request, or something that is there already. */
  resolve(given: string, rule: ReferenceRule): Expression | { readonly problem: string } {
    const contents = rule.contents === true && given.endsWith('/*');
    const wanted = contents ? given.slice(0, -2) : given;
    for (const { type, attribute } of rule.to) {
      const found = this.#candidates.find(
        (candidate) => candidate.type === type && candidate.names.includes(wanted),
      );
      if (found === undefined) continue;
      const reference: Expression = { kind: 'reference', address: found.address, attribute };
      return contents ? { kind: 'template', parts: [reference, literal('/*')] } : reference;
    }
    if (new RegExp(rule.existing.pattern, 'u').test(given)) return literal(given);
    return { problem: this.#problem(given, rule) };
  }

  #problem(given: string, { to, existing }: ReferenceRule): string {
    const types = to.map(({ type }) => type);
    const known = this.#candidates.filter(({ type }) => types.includes(type)).map(({ names }) => names[0]);
    const here =
      known.length === 0 ? 'there is none in this request yet' : `in this request: ${known.join(', ')}`;
    return `must be the name of one that this request makes (${here}), or ${existing.words}, for instance ${existing.example}; got ${shown(given)}`;
  }
}
