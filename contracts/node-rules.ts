import type { Environment } from './environment.ts';
import type { NodesDocument } from './environment-schema.ts';
import { fitProblems } from './fit-rules.ts';
import { MACHINE_CATALOGUE, type Machine } from './machine-catalogue.ts';
import type { ModelDefinition } from './model-catalogue.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { definitionOf, machineOf, placementOf, releasesOf } from './release.ts';

/** Lowest vLLM that serves gpt-oss with tool calls and drains on SIGTERM (0.18.0: `--shutdown-timeout`). */
export const LOWEST_VLLM = '0.18.0';

/** What must hold for a release of own nodes to start at all. */
export function nodeProblems(environment: Environment): Problem[] {
  return releasesOf(environment).flatMap(({ model, name, document: { nodes } }) => {
    if (nodes === undefined) return [];
    const path = ['models', model, 'releases', name, 'nodes'];
    const definition = definitionOf(environment, model);
    const machine = machineOf(environment, nodes.machine);
    return [
      ...presetProblems(nodes, path),
      ...(machine === undefined
        ? unknownMachine(environment, nodes, path)
        : machineProblems(environment, nodes, machine, path)),
      ...(definition === undefined ? [] : weightsProblems(definition, path)),
      ...(definition === undefined || machine === undefined || !gpusSuffice(nodes, machine)
        ? []
        : fitProblems({ nodes, definition, machine }, model, path)),
      ...versionProblems(nodes, model, definition, path),
    ];
  });
}

function presetProblems(nodes: NodesDocument, path: Problem['path']): Problem[] {
  return nodes.preset !== undefined && (nodes.tensorParallel !== undefined || nodes.servers !== undefined)
    ? [
        {
          path: [...path, 'preset'],
          message: 'give either a preset or tensorParallel and servers, not both',
        },
      ]
    : [];
}

function unknownMachine(
  environment: Environment,
  { machine }: NodesDocument,
  path: Problem['path'],
): Problem[] {
  const known = [...Object.keys(environment.machines), ...Object.keys(MACHINE_CATALOGUE)];
  return [
    {
      path: [...path, 'machine'],
      message: `unknown machine ${machine}${nearest(machine, known)}`,
      refersTo: ['machines', machine],
    },
  ];
}

function machineProblems(
  { platform }: Environment,
  nodes: NodesDocument,
  machine: Machine,
  path: Problem['path'],
): Problem[] {
  const foreign =
    (platform === 'google' || platform === 'aws') && machine.platform !== platform
      ? [{ path: [...path, 'machine'], message: `${nodes.machine} is not a machine of ${platform}` }]
      : [];
  return gpusSuffice(nodes, machine) ? foreign : [...foreign, tooFewGpus(nodes, machine, path)];
}

function gpusSuffice(nodes: NodesDocument, { gpus }: Machine): boolean {
  const { tensorParallel, servers } = placementOf(nodes);
  return nodes.firstGpu + tensorParallel * servers <= gpus;
}

function tooFewGpus(nodes: NodesDocument, { gpus }: Machine, path: Problem['path']): Problem {
  const { tensorParallel, servers } = placementOf(nodes);
  const wanted = tensorParallel * servers;
  if (nodes.firstGpu === 0) {
    return {
      path: [...path, nodes.tensorParallel === undefined ? 'machine' : 'tensorParallel'],
      message: `${servers} × tensor parallel ${tensorParallel} needs ${wanted} GPUs, ${nodes.machine} has ${gpus}`,
    };
  }
  return {
    path: [...path, 'firstGpu'],
    message: `${servers} × tensor parallel ${tensorParallel} from GPU ${nodes.firstGpu} on needs GPUs up to ${nodes.firstGpu + wanted - 1}, ${nodes.machine} has 0 to ${gpus - 1}`,
  };
}

function weightsProblems({ weights }: ModelDefinition, path: Problem['path']): Problem[] {
  return weights === undefined
    ? [{ path, message: 'no weights of this model were published: map it to an endpoint or an alias' }]
    : [];
}

function versionProblems(
  nodes: NodesDocument,
  model: string,
  definition: ModelDefinition | undefined,
  path: Problem['path'],
): Problem[] {
  const problems: Problem[] = [];
  const ofModel = definition?.lowestVllm ?? LOWEST_VLLM;
  if (compareVersions(nodes.version, LOWEST_VLLM) < 0) {
    problems.push({
      path: [...path, 'version'],
      message: `gpt-oss with tool calls and draining needs vLLM ${LOWEST_VLLM} or later, got ${nodes.version}`,
    });
  } else if (compareVersions(nodes.version, ofModel) < 0) {
    problems.push({
      path: [...path, 'version'],
      message: `${model} needs vLLM ${ofModel} or later, got ${nodes.version}`,
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
