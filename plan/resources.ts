import { Configuration } from './configuration.ts';
import type { Plan } from './plan-json.ts';
import { Subject } from './subject.ts';
import type { Synthesized } from './synthesized.ts';

/** The resources of a plan, or of a synthesized configuration where there is no plan, by type. */
export class Resources {
  readonly subjects: readonly Subject[];
  readonly configuration: Configuration;
  readonly #byType = new Map<string, Subject[]>();

  constructor(plan: Plan | undefined, synthesized: Synthesized | undefined) {
    const configuration = new Configuration(plan?.configuration ?? {});
    this.configuration = configuration;
    this.subjects =
      plan === undefined
        ? (synthesized?.subjects ?? [])
        : plan.changes
            .filter(({ mode }) => mode === 'managed')
            .map((change) => Subject.ofChange(change, configuration));
    for (const subject of this.subjects) {
      const others = this.#byType.get(subject.type);
      if (others === undefined) this.#byType.set(subject.type, [subject]);
      else others.push(subject);
    }
  }

  /** Resources of some types, those that go included. */
  all(...types: readonly string[]): Subject[] {
    return types.flatMap((type) => this.#byType.get(type) ?? []);
  }

  /** Resources of some types that there will be after the apply. */
  wanted(...types: readonly string[]): Subject[] {
    return this.all(...types).filter(({ after, action }) => after !== undefined && action !== 'forget');
  }
}
