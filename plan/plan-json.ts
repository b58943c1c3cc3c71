import { isValues, type Values } from './view.ts';

/** What Terraform will do with one resource. `update` includes changes that the provider makes by replacing parts inside. */
export type Action =
  | 'no-op'
  | 'create'
  | 'read'
  | 'update'
  | 'replace'
  | 'delete'
  | 'forget'
  | 'import'
  | 'move';

/** One resource of a plan. */
export interface Change {
  readonly address: string;
  readonly previousAddress?: string;
  readonly type: string;
  readonly mode: 'managed' | 'data';
  readonly action: Action;
  /** Whether the new one is there before the old one goes. */
  readonly createdFirst: boolean;
  /** `replace_because_cannot_update` and the like. */
  readonly reason?: string;
  readonly replacePaths: readonly (readonly (string | number)[])[];
  readonly before?: Values;
  readonly after?: Values;
  readonly unknown: Values;
  /** Masks in the shape of the values, `true` where Terraform calls a value sensitive. */
  readonly sensitiveBefore: unknown;
  readonly sensitiveAfter: unknown;
}

export interface OutputChange {
  readonly name: string;
  readonly before: unknown;
  readonly value: unknown;
  /** Whether the value is only known after the apply. */
  readonly unknown: boolean;
  readonly sensitive: boolean;
  readonly changes: boolean;
}

export interface Check {
  readonly address: string;
  readonly status: string;
  readonly problems: readonly string[];
}

/** A plan, as far as anything here reads it. Values are those of the document, not copies. */
export interface Plan {
  readonly terraformVersion: string;
  /** False for a plan that leaves something out, as with `-target`. */
  readonly complete: boolean;
  readonly errored: boolean;
  readonly deferred: number;
  readonly changes: readonly Change[];
  readonly drift: readonly Change[];
  readonly outputs: readonly OutputChange[];
  readonly checks: readonly Check[];
  readonly variables: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly sensitive: boolean;
  }[];
  readonly configuration: Values;
}

/** Not a plan that this version can judge. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

const MAJOR = '1';

/**
 * Reads what `terraform show -json PLAN` prints. Unknown keys are ignored, as the format demands.
 * @throws PlanError for another kind of document, or another major version of the format
 */
export function readPlan(document: unknown): Plan {
  if (!isValues(document) || typeof document.format_version !== 'string')
    throw new PlanError(
      'not a Terraform plan in JSON: no format_version; make it with `terraform show -json PLAN`',
    );
  if (document.format_version.split('.')[0] !== MAJOR)
    throw new PlanError(
      `plan of format ${document.format_version}, this version reads ${MAJOR}.x; update fleet or plan with another Terraform`,
    );
  if (!('resource_changes' in document) && 'values' in document)
    throw new PlanError(
      'this is a state, not a plan; plan with `-out=PLAN` and give what `terraform show -json PLAN` prints',
    );
  const configuration = objectAt(document, 'configuration');
  return {
    terraformVersion: String(document.terraform_version ?? ''),
    complete: document.complete !== false,
    errored: document.errored === true,
    deferred: listAt(document, 'deferred_changes').length,
    changes: listAt(document, 'resource_changes').map(changeOf),
    drift: listAt(document, 'resource_drift').map(changeOf),
    outputs: Object.entries(objectAt(document, 'output_changes')).map(outputOf),
    checks: listAt(document, 'checks').map(checkOf),
    variables: variablesOf(document, configuration),
    configuration,
  };
}

function changeOf(resource: Values): Change {
  const change = objectAt(resource, 'change');
  const actions = Array.isArray(change.actions) ? change.actions.map(String) : [];
  const { previous_address: previousAddress, action_reason: reason } = resource;
  return {
    address: String(resource.address),
    previousAddress: typeof previousAddress === 'string' ? previousAddress : undefined,
    type: String(resource.type),
    mode: resource.mode === 'data' ? 'data' : 'managed',
    action: actionOf(actions, change, previousAddress),
    createdFirst: actions[0] === 'create' && actions[1] === 'delete',
    reason: typeof reason === 'string' ? reason : undefined,
    replacePaths: (Array.isArray(change.replace_paths) ? change.replace_paths : []).filter(Array.isArray),
    before: isValues(change.before) ? change.before : undefined,
    after: isValues(change.after) ? change.after : undefined,
    unknown: objectAt(change, 'after_unknown'),
    sensitiveBefore: change.before_sensitive,
    sensitiveAfter: change.after_sensitive,
  };
}

function actionOf(actions: readonly string[], change: Values, previousAddress: unknown): Action {
  if (actions.includes('forget')) return 'forget';
  if (actions.includes('delete')) return actions.includes('create') ? 'replace' : 'delete';
  const [action = 'no-op'] = actions;
  if (action === 'no-op') {
    if (isValues(change.importing)) return 'import';
    return typeof previousAddress === 'string' ? 'move' : 'no-op';
  }
  return action === 'create' || action === 'update' || action === 'read' ? action : 'no-op';
}

function outputOf([name, change]: [string, unknown]): OutputChange {
  const {
    before,
    after,
    after_unknown: unknown,
    after_sensitive: sensitive,
    actions,
  } = isValues(change) ? change : {};
  return {
    name,
    before,
    value: after,
    unknown: unknown === true,
    sensitive: sensitive === true,
    changes: Array.isArray(actions) && actions.some((action) => action !== 'no-op'),
  };
}

function checkOf(check: Values): Check {
  const problems = listAt(check, 'instances').flatMap((instance) =>
    listAt(instance, 'problems').map(({ message }) => String(message)),
  );
  const { to_display: shown } = objectAt(check, 'address');
  return { address: String(shown), status: String(check.status), problems };
}

function variablesOf(document: Values, configuration: Values): Plan['variables'] {
  const declared = objectAt(objectAt(configuration, 'root_module'), 'variables');
  const given = objectAt(document, 'variables');
  return [...new Set([...Object.keys(declared), ...Object.keys(given)])].map((name) => {
    const { value } = objectAt(given, name);
    const { default: fallback, sensitive } = objectAt(declared, name);
    return { name, value: value ?? fallback, sensitive: sensitive === true };
  });
}

export function objectAt(parent: Values, key: string): Values {
  const value = parent[key];
  return isValues(value) ? value : {};
}

export function listAt(parent: Values, key: string): readonly Values[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isValues) : [];
}
