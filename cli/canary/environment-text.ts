import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { FIRST_SALT } from '../../contracts/split.ts';
import { writeAtomically } from '../../parts/files.ts';
import { environmentFile } from '../project.ts';
import { removeKey, setScalar } from '../yaml-edit.ts';
import type { Weights } from './assignments.ts';

/** What a command may change of one model in an environment file. */
export interface ModelChange {
  readonly model: string;
  /** Basis points of the releases that change. */
  readonly weights?: Weights;
  readonly roles?: Readonly<Record<string, 'stable' | 'canary'>>;
  /** The first one is the default, and does not stand in the file. */
  readonly salt?: string;
  /** A release that goes. */
  readonly remove?: string;
}

export function readEnvironmentText(project: string, name: string): string {
  return readFileSync(join(project, environmentFile(name)), 'utf8');
}

/** Replaces the file in one step, so that whoever reads it sees the old text or the new one. */
export function writeEnvironmentText(project: string, name: string, text: string): void {
  writeAtomically(join(project, environmentFile(name)), text);
}

/**
 * The text with a change of one model, all other bytes as they were, and what it means.
 * @throws EnvironmentError for an environment that breaks a rule, Failure where the text cannot be changed in place
 */
export function withModelChange(
  text: string,
  name: string,
  { model, weights = {}, roles = {}, salt, remove }: ModelChange,
): { readonly text: string; readonly environment: Environment } {
  const before = parseEnvironment({ path: environmentFile(name), text });
  const releases = before.models[model]?.releases ?? {};
  let edited = text;
  for (const [release, weight] of Object.entries(weights)) {
    if (Math.round((releases[release]?.weight ?? -1) * 100) !== weight)
      edited = setScalar(edited, ['models', model, 'releases', release, 'weight'], String(weight / 100));
  }
  for (const [release, role] of Object.entries(roles)) {
    if (releases[release]?.role !== role)
      edited = setScalar(edited, ['models', model, 'releases', release, 'role'], role);
  }
  if (salt !== undefined && before.models[model]?.salt !== salt) {
    const path = ['models', model, 'salt'] as const;
    edited = salt === FIRST_SALT ? removeKey(edited, path) : setScalar(edited, path, JSON.stringify(salt));
  }
  if (remove !== undefined) edited = removeKey(edited, ['models', model, 'releases', remove]);
  return { text: edited, environment: parseEnvironment({ path: environmentFile(name), text: edited }) };
}
