import type { Configuration } from './configuration.ts';
import type { Action, Change } from './plan-json.ts';
import { UNKNOWN, type Values, View } from './view.ts';

/** The AWS provider keeps a hash of these. */
const HASHED: Readonly<Record<string, readonly string[]>> = {
  aws_instance: ['user_data'],
  aws_launch_configuration: ['user_data'],
};

/** One resource as the rules see it, from a plan or from a synthesized configuration. */
export class Subject {
  readonly address: string;
  readonly type: string;
  /** `create` for what a synthesized configuration wants: nothing is known of what is there. */
  readonly action: Action;
  readonly change?: Change;
  readonly #configuration: Configuration | undefined;
  readonly #after: View | undefined;
  #before: View | undefined;

  constructor(
    resource: Pick<Subject, 'address' | 'type' | 'action' | 'change'>,
    after: View | undefined,
    configuration?: Configuration,
  ) {
    this.address = resource.address;
    this.type = resource.type;
    this.action = resource.action;
    this.change = resource.change;
    this.#after = after;
    this.#configuration = configuration;
  }

  static ofChange(change: Change, configuration: Configuration): Subject {
    const after = change.after === undefined ? undefined : new View(change.after, change.unknown);
    return new Subject(
      { address: change.address, type: change.type, action: change.action, change },
      after,
      configuration,
    );
  }

  /** What is wanted; undefined for what goes. */
  get after(): View | undefined {
    return this.#after;
  }

  /** What is there; undefined for what is new. */
  get before(): View | undefined {
    if (this.change?.before === undefined) return undefined;
    this.#before ??= new View(this.change.before, {});
    return this.#before;
  }

  /** Blocks that are wanted. A block that the provider fills in by itself counts as absent if the configuration has none. */
  blocks(key: string): readonly View[] | typeof UNKNOWN {
    const found = this.#after?.blocks(key) ?? [];
    return found === UNKNOWN && !this.says(key) ? [] : found;
  }

  /** Whether somebody wrote an argument, so that an unknown value is not the provider's own. */
  says(argument: string, block?: string): boolean {
    const said =
      block === undefined
        ? this.#configuration?.sets(this.address, argument)
        : this.#configuration?.setsInside(this.address, block, argument);
    return said !== false;
  }

  /** Arguments of which the plan has only a hash, as the configuration has them. */
  get hashed(): Values {
    const entries = (HASHED[this.type] ?? []).map((key) => [
      key,
      this.#configuration?.constant(this.address, key),
    ]);
    return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
  }

  /** Resources that an argument refers to. */
  references(argument: string): readonly string[] {
    return this.#configuration?.references(this.address, argument) ?? [];
  }

  /** Whether an argument has another value after the apply, or might have. */
  changes(key: string): boolean {
    const { before, after, unknown } = this.change ?? {};
    if (before === undefined || after === undefined || unknown === undefined) return false;
    return (
      hasUnknown(unknown[key]) || JSON.stringify(before[key] ?? null) !== JSON.stringify(after[key] ?? null)
    );
  }
}

function hasUnknown(mark: unknown): boolean {
  if (mark === true) return true;
  return typeof mark === 'object' && mark !== null && Object.values(mark).some(hasUnknown);
}

/** The labels or tags of a resource, whichever form its type has for them. */
export function labelsOf(view: View): Values {
  const { tags, labels, tag } = view.values;
  const pairs = [tag, labels].flatMap((list) => (Array.isArray(list) ? (list as Values[]) : []));
  const listed = pairs.map((pair): [string, unknown] => [String(pair.key ?? pair.label), pair.value]);
  const own = isRecord(tags) ? tags : isRecord(labels) ? labels : {};
  return { ...own, ...Object.fromEntries(listed) };
}

function isRecord(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
