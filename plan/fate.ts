import type { Change } from './plan-json.ts';
import type { Subject } from './subject.ts';
import { UNKNOWN, type Unknown, type View } from './view.ts';

/** A number of machines; unknown is not zero. */
export type Count = number | Unknown;

/** What a plan does to the machines of a group that are there. */
export interface Fate {
  /** `resized`: its size is only known after the apply. `unknown`: whether it is replaced is. */
  readonly kind: 'kept' | 'replaced' | 'destroyed' | 'fewer' | 'resized' | 'unknown';
  /** How many of them are away at the worst moment. */
  readonly awayAtOnce: number;
  /** Why, in words. */
  readonly reason: string;
}

const KEPT: Fate = { kind: 'kept', awayAtOnce: 0, reason: '' };

/** Why Terraform replaces or destroys, in words. */
export function reasonOf({ reason, replacePaths }: Change): string {
  const paths = replacePaths.map((path) => path.join('.')).join(', ');
  switch (reason) {
    case 'replace_because_tainted':
      return 'it is tainted';
    case 'replace_by_request':
      return 'somebody asked for it with -replace';
    case 'replace_by_triggers':
      return 'something in its replace_triggered_by changes';
    case 'replace_because_cannot_update':
      return paths === '' ? 'it cannot be updated' : `${paths} cannot be changed in place`;
    case 'delete_because_no_resource_config':
      return 'it is not in the configuration any more';
    case 'delete_because_no_module':
      return 'its module is not in the configuration any more';
    case 'delete_because_count_index':
    case 'delete_because_each_key':
    case 'delete_because_wrong_repetition':
      return 'its count or for_each has no such key any more';
    case 'delete_because_no_move_target':
      return 'a moved block leads nowhere';
    default:
      return paths === '' ? 'the plan asks for it' : `${paths} cannot be changed in place`;
  }
}

export function fateOfMachine({ action, change }: Subject): Fate {
  if (change === undefined) return KEPT;
  if (action === 'replace') return { kind: 'replaced', awayAtOnce: 1, reason: reasonOf(change) };
  if (action === 'delete') return { kind: 'destroyed', awayAtOnce: 1, reason: reasonOf(change) };
  return KEPT;
}

/** What happens inside a group, which the plan shows as one update, or not at all. */
export function fateOfGroup(
  group: Subject,
  template: Subject | undefined,
  before: Count,
  after: Count,
): Fate {
  const { action, change } = group;
  if (change === undefined || before === 0 || group.before === undefined) return KEPT;
  const all = before === UNKNOWN ? Number.POSITIVE_INFINITY : before;
  if (action === 'delete') return { kind: 'destroyed', awayAtOnce: all, reason: reasonOf(change) };
  if (action === 'replace')
    return { kind: 'replaced', awayAtOnce: all, reason: `the group itself is replaced: ${reasonOf(change)}` };
  if (after === UNKNOWN || before === UNKNOWN)
    return group.changes('desired_capacity') || group.changes('target_size')
      ? { kind: 'resized', awayAtOnce: all, reason: 'its size is only known after the apply' }
      : refreshed(group, template, all);
  if (after < before)
    return { kind: 'fewer', awayAtOnce: before - after, reason: `its size goes from ${before} to ${after}` };
  return refreshed(group, template, before);
}

function refreshed(group: Subject, template: Subject | undefined, count: number): Fate {
  return group.type === 'aws_autoscaling_group'
    ? refreshOfAws(group, count)
    : updateOfGoogle(group, template, count);
}

const LEAST_HEALTHY_PERCENT = 90;

/** An instance refresh starts when the group's own template changes; a template of version `$Latest` starts none. */
function refreshOfAws(group: Subject, count: number): Fate {
  const refresh = group.after?.block('instance_refresh');
  if (refresh === undefined) return KEPT;
  if (refresh === UNKNOWN)
    return {
      kind: 'unknown',
      awayAtOnce: count,
      reason: 'whether it refreshes its machines is only known after the apply',
    };
  const triggers = refresh.texts('triggers');
  const watched = ['launch_template', 'mixed_instances_policy', ...(triggers === UNKNOWN ? [] : triggers)];
  const cause = watched.find((key) => group.changes(key));
  if (cause === undefined) return KEPT;
  const preferences = refresh.block('preferences');
  const healthy =
    preferences === undefined || preferences === UNKNOWN
      ? undefined
      : preferences.number('min_healthy_percentage');
  const percent = healthy === undefined || healthy === UNKNOWN ? LEAST_HEALTHY_PERCENT : healthy;
  return {
    kind: 'replaced',
    awayAtOnce: Math.max(1, Math.floor((count * (100 - percent)) / 100)),
    reason: `an instance refresh follows the change of its ${cause}`,
  };
}

/** A proactive group replaces its machines as soon as it has a new template. */
function updateOfGoogle(group: Subject, template: Subject | undefined, count: number): Fate {
  const changed =
    group.changes('version') || group.changes('all_instances_config') || template?.action === 'replace';
  if (!changed) return KEPT;
  const policy = group.after?.block('update_policy');
  const type = policy === undefined || policy === UNKNOWN ? UNKNOWN : policy.text('type');
  if (type === 'OPPORTUNISTIC') return KEPT;
  if (type === UNKNOWN || type === undefined || policy === undefined || policy === UNKNOWN)
    return {
      kind: 'unknown',
      awayAtOnce: count,
      reason: 'it gets a new template, and update_policy is not known',
    };
  return {
    kind: 'replaced',
    awayAtOnce: awayOf(policy, count),
    reason: 'its update policy is proactive and it gets a new template',
  };
}

function awayOf(policy: View, count: number): number {
  const fixed = policy.number('max_unavailable_fixed');
  const percent = policy.number('max_unavailable_percent');
  if (typeof fixed === 'number') return Math.min(count, fixed);
  return typeof percent === 'number' ? Math.ceil((count * percent) / 100) : 1;
}
