import { withoutKeys } from './configuration.ts';
import { type Count, type Fate, fateOfGroup, fateOfMachine } from './fate.ts';
import { isGpuMachine, type Machine, machineBefore, machineOf } from './machines.ts';
import type { Resources } from './resources.ts';
import { labelsOf, type Subject } from './subject.ts';
import { serves, type Traffic } from './traffic.ts';
import { UNKNOWN, type View } from './view.ts';

/** GPU machines that come and go together: one machine, or a group of one type. */
export interface NodeGroup {
  readonly subject: Subject;
  /** Labels `fleet-model` and `fleet-release`, where it has them. */
  readonly model?: string;
  readonly release?: string;
  readonly before: { readonly machine: Machine; readonly count: Count } | undefined;
  readonly after: { readonly machine: Machine; readonly count: Count } | undefined;
  readonly fate: Fate;
  /** Whether requests go to it, as far as the plan says: false is certain, true is also "nobody knows". */
  readonly serves: boolean;
}

const SINGLE = ['aws_instance', 'google_compute_instance', 'docker_container'];
export const GROUPS = [
  'aws_autoscaling_group',
  'google_compute_instance_group_manager',
  'google_compute_region_instance_group_manager',
];

/** All groups of GPU machines in a plan. */
export function nodeGroups(resources: Resources, traffic: Traffic | undefined): NodeGroup[] {
  const templates = new Templates(resources);
  return [...SINGLE, ...GROUPS]
    .flatMap((type) => resources.all(type))
    .flatMap((subject) => groupOf(templates.of(subject), traffic, subject));
}

function groupOf(template: Subject | undefined, traffic: Traffic | undefined, subject: Subject): NodeGroup[] {
  const before = subject.before === undefined ? undefined : machineBefore(subject, template);
  const after = subject.after === undefined ? undefined : machineOf(subject, template);
  if (![before, after].some((machine) => machine !== undefined && isGpuMachine(machine))) return [];
  const countBefore = subject.before === undefined ? 0 : countOf(subject, subject.before);
  const countAfter = subject.after === undefined ? 0 : countOf(subject, subject.after);
  const labels = labelsIn(subject, template);
  const single = SINGLE.includes(subject.type);
  return [
    {
      subject,
      ...labels,
      before: before === undefined ? undefined : { machine: before, count: countBefore },
      after: after === undefined ? undefined : { machine: after, count: countAfter },
      fate: single ? fateOfMachine(subject) : fateOfGroup(subject, template, countBefore, countAfter),
      serves: serves(traffic, labels.model, labels.release) !== false,
    },
  ];
}

const TEMPLATES: Readonly<Record<string, { readonly argument: string; readonly types: readonly string[] }>> =
  {
    aws_autoscaling_group: { argument: 'launch_template', types: ['aws_launch_template'] },
    google_compute_instance_group_manager: {
      argument: 'version',
      types: ['google_compute_instance_template', 'google_compute_region_instance_template'],
    },
    google_compute_region_instance_group_manager: {
      argument: 'version',
      types: ['google_compute_instance_template', 'google_compute_region_instance_template'],
    },
  };

/** Templates by what a group may call them: address without keys, id, name, link. */
export class Templates {
  readonly #byName = new Map<string, Subject>();

  constructor(resources: Resources) {
    const types = new Set(Object.values(TEMPLATES).flatMap(({ types: those }) => those));
    for (const template of resources.all(...types)) {
      const { values = {} } = template.before ?? template.after ?? {};
      for (const name of [withoutKeys(template.address), values.id, values.name, values.self_link])
        if (typeof name === 'string' && name !== '' && !this.#byName.has(name))
          this.#byName.set(name, template);
    }
  }

  /** What the configuration of a group refers to, else what the group names. */
  of(group: Subject): Subject | undefined {
    const how = TEMPLATES[group.type];
    if (how === undefined) return undefined;
    const references = [...group.references(how.argument), ...group.references('mixed_instances_policy')];
    return this.#first(references, how.types) ?? this.#first(namesIn(group, how.argument), how.types);
  }

  #first(names: readonly unknown[], types: readonly string[]): Subject | undefined {
    for (const name of names) {
      const found = typeof name === 'string' ? this.#byName.get(name) : undefined;
      if (found !== undefined && types.includes(found.type)) return found;
    }
    return undefined;
  }
}

function namesIn(group: Subject, argument: string): unknown[] {
  const block = (group.before ?? group.after)?.block(argument);
  if (block === undefined || block === UNKNOWN) return [];
  const { id, name, instance_template: template } = block.values;
  return [id, name, template];
}

/** Machines that a group has. */
export function countOf({ type, before }: Subject, view: View): Count {
  if (SINGLE.includes(type)) return 1;
  if (type !== 'aws_autoscaling_group') return view.number('target_size') ?? UNKNOWN;
  const wanted = view.number('desired_capacity');
  const left = wanted === undefined || (wanted === UNKNOWN && before === undefined);
  return left ? (view.number('min_size') ?? UNKNOWN) : wanted;
}

function labelsIn(subject: Subject, template: Subject | undefined): Pick<NodeGroup, 'model' | 'release'> {
  const views = [subject.after, subject.before, template?.after, template?.before];
  for (const view of views) {
    const { 'fleet-model': model, 'fleet-release': release } = view === undefined ? {} : labelsOf(view);
    if (typeof model === 'string' && typeof release === 'string') return { model, release };
  }
  return {};
}
