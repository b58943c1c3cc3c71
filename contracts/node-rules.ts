import { closest } from 'fastest-levenshtein';
import type { Environment } from './environment.ts';
import type { NodesDocument } from './environment-schema.ts';
import { MACHINE_CATALOGUE } from './machine-catalogue.ts';
import type { ModelDefinition } from './model-catalogue.ts';
import type { Problem } from './problem.ts';
import { definitionOf, placementOf, releasesOf } from './release.ts';

/** Lowest vLLM that serves gpt-oss with tool calls and drains on SIGTERM (0.18.0: `--shutdown-timeout`). */
export const LOWEST_VLLM = '0.18.0';

/** What must hold for a release of own nodes to start at all. */
export function nodeProblems(environment: Environment): Problem[] {
  return releasesOf(environment).flatMap(({ model, name, document: { nodes } }) => {
    if (nodes === undefined) return [];
    const path = ['models', model, 'releases', name, 'nodes'];
    const definition = definitionOf(environment, model);
    return [
      ...placementProblems(environment, nodes, path),
      ...(definition === undefined ? [] : modelProblems(nodes, definition, path)),
      ...versionProblems(nodes, path),
    ];
  });
}

function placementProblems(
  { platform }: Environment,
  nodes: NodesDocument,
  path: Problem['path'],
): Problem[] {
  const problems: Problem[] = [];
  if (nodes.preset !== undefined && (nodes.tensorParallel !== undefined || nodes.servers !== undefined)) {
    problems.push({
      path: [...path, 'preset'],
      message: 'give either a preset or tensorParallel and servers, not both',
    });
  }
  const machine = MACHINE_CATALOGUE[nodes.machine];
  if (machine === undefined) {
    const known = Object.keys(MACHINE_CATALOGUE);
    problems.push({
      path: [...path, 'machine'],
      message: `unknown machine ${nodes.machine}; did you mean ${closest(nodes.machine, known)}?`,
    });
    return problems;
  }
  if ((platform === 'google' || platform === 'aws') && machine.platform !== platform) {
    problems.push({
      path: [...path, 'machine'],
      message: `${nodes.machine} is not a machine of ${platform}`,
    });
  }
  const { tensorParallel, servers } = placementOf(nodes);
  if (!fits(nodes)) {
    const key = nodes.tensorParallel === undefined ? 'machine' : 'tensorParallel';
    problems.push({
      path: [...path, key],
      message: `${servers} × tensor parallel ${tensorParallel} needs ${tensorParallel * servers} GPUs, ${nodes.machine} has ${machine.gpus}`,
    });
  }
  return problems;
}

/** Whether the machine has the GPUs; an unknown machine is a problem of its own. */
function fits(nodes: NodesDocument): boolean {
  const { tensorParallel, servers } = placementOf(nodes);
  return tensorParallel * servers <= (MACHINE_CATALOGUE[nodes.machine]?.gpus ?? Number.POSITIVE_INFINITY);
}

function modelProblems(nodes: NodesDocument, definition: ModelDefinition, path: Problem['path']): Problem[] {
  const problems: Problem[] = [];
  if (definition.weights === undefined) {
    problems.push({
      path,
      message: 'no weights of this model were published: map it to an endpoint or an alias',
    });
  }
  const { tensorParallel } = placementOf(nodes);
  const uneven = [
    { what: 'attention', heads: definition.attentionHeads },
    { what: 'KV', heads: definition.kvHeads },
  ].find(({ heads }) => heads !== undefined && heads % tensorParallel !== 0);
  if (uneven !== undefined && fits(nodes)) {
    problems.push({
      path: [...path, 'tensorParallel'],
      message: `must divide the model's ${uneven.heads} ${uneven.what} heads, got ${tensorParallel}`,
    });
  }
  if (nodes.maxModelLen !== undefined && nodes.maxModelLen > definition.contextTokens) {
    problems.push({
      path: [...path, 'maxModelLen'],
      message: `must be at most the model's context of ${definition.contextTokens}, got ${nodes.maxModelLen}`,
    });
  }
  return problems;
}

function versionProblems(nodes: NodesDocument, path: Problem['path']): Problem[] {
  const problems: Problem[] = [];
  if (compareVersions(nodes.version, LOWEST_VLLM) < 0) {
    problems.push({
      path: [...path, 'version'],
      message: `gpt-oss with tool calls and draining needs vLLM ${LOWEST_VLLM} or later, got ${nodes.version}`,
    });
  }
  if (nodes.image !== undefined && !/(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(nodes.image)) {
    problems.push({
      path: [...path, 'image'],
      message: `must be pinned by a tag other than latest or by digest, got ${nodes.image}`,
    });
  }
  return problems;
}

/** Below 0: a is older than b. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  return (left ?? []).reduce(
    (difference, part, index) => (difference !== 0 ? difference : part - (right?.[index] ?? 0)),
    0,
  );
}
