import { objectAt } from './plan-json.ts';
import { Subject } from './subject.ts';
import { isValues, type Values, View } from './view.ts';

/** A configuration in Terraform's JSON syntax, as cdktf writes it. */
export interface Synthesized {
  readonly subjects: readonly Subject[];
  /** `local`, `s3`, …; undefined: none is named, so Terraform keeps the state in a file. */
  readonly backend: { readonly type: string; readonly settings: Values } | undefined;
  /** Construct paths by address, where cdktf noted them. */
  readonly constructs: ReadonlyMap<string, string>;
  readonly json: Values;
}

export function readSynthesized(json: Values): Synthesized {
  const subjects: Subject[] = [];
  const constructs = new Map<string, string>();
  for (const [type, named] of Object.entries(objectAt(json, 'resource')))
    for (const [name, resource] of Object.entries(objectAt({ named }, 'named'))) {
      if (!isValues(resource)) continue;
      const address = `${type}.${name}`;
      const { path } = objectAt(objectAt(resource, '//'), 'metadata');
      if (typeof path === 'string') constructs.set(address, path);
      subjects.push(new Subject({ address, type, action: 'create' }, new View(resource, {})));
    }
  return { subjects, backend: backendOf(json), constructs, json };
}

function backendOf(json: Values): Synthesized['backend'] {
  const [entry] = Object.entries(objectAt(objectAt(json, 'terraform'), 'backend'));
  if (entry === undefined) return undefined;
  const [type, settings] = entry;
  return { type, settings: isValues(settings) ? settings : {} };
}
