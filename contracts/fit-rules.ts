import {
  engineSettings,
  type Fitting,
  knownLimit,
  longestContext,
  maxModelLen,
  memoryNeed,
  memoryOffer,
} from './fit.ts';
import type { Problem } from './problem.ts';
import { placementOf } from './release.ts';

type Rule = (fitting: Fitting, model: string, path: Problem['path']) => readonly Problem[];

/**
 * Whether a model fits the GPUs that a release gives it. A number of the model that nobody gave is unknown, and what
 * needs it is not checked.
 */
export function fitProblems(fitting: Fitting, model: string, path: Problem['path']): Problem[] {
  const uneven = headsDivide(fitting, model, path);
  const rules = [contextWithinModel, knownLimits, ...(uneven.length > 0 ? [] : [memorySuffices])];
  return [...uneven, ...rules.flatMap((rule) => rule(fitting, model, path))];
}

const headsDivide: Rule = ({ nodes, definition }, _model, path) => {
  const { tensorParallel } = placementOf(nodes);
  const uneven = [
    { what: 'attention', heads: definition.attentionHeads },
    { what: 'KV', heads: definition.kvHeads },
  ].find(({ heads }) => heads !== undefined && heads % tensorParallel !== 0);
  return uneven === undefined
    ? []
    : [
        {
          path: [...path, 'tensorParallel'],
          message: `must divide the model's ${uneven.heads} ${uneven.what} heads, got ${tensorParallel}`,
        },
      ];
};

const contextWithinModel: Rule = ({ nodes, definition }, _model, path) =>
  nodes.maxModelLen === undefined || nodes.maxModelLen <= definition.contextTokens
    ? []
    : [
        {
          path: [...path, 'maxModelLen'],
          message: `must be at most the model's context of ${definition.contextTokens}, got ${nodes.maxModelLen}`,
        },
      ];

const knownLimits: Rule = (fitting, model, path) => {
  const limit = knownLimit(fitting);
  if (limit === undefined) return [];
  const { gpuMemoryUtilization: utilization, maxNumBatchedTokens: tokens } = engineSettings(fitting);
  const where = `${model} on ${limit.gpu} with tensor parallel ${limit.tensorParallel} runs out of GPU memory`;
  const { utilizationAtLeast: least, utilizationBelow: below, batchedTokensAtMost: most } = limit;
  return [
    ...(least !== undefined && utilization < least
      ? [{ key: 'gpuMemoryUtilization', message: `below ${least}, got ${utilization}` }]
      : []),
    ...(below !== undefined && utilization >= below
      ? [{ key: 'gpuMemoryUtilization', message: `at ${below} and above, got ${utilization}` }]
      : []),
    ...(most !== undefined && tokens > most
      ? [{ key: 'maxNumBatchedTokens', message: `above ${most}, got ${tokens}` }]
      : []),
  ].map(({ key, message }) => ({ path: [...path, key], message: `${where} ${message}` }));
};

const memorySuffices: Rule = (fitting, model, path) => {
  const need = memoryNeed(fitting);
  const offer = memoryOffer(fitting);
  if (need === undefined || need.totalGiB <= offer) return [];
  const { machine, nodes } = fitting;
  const { gpuMemoryUtilization } = engineSettings(fitting);
  const tokens = `${nodes.expectedConcurrency} × ${maxModelLen(fitting)} tokens`;
  const parts = `weights ${gib(need.weightsGiB)}, KV cache of ${tokens} ${gib(need.cacheGiB)}, reserve ${gib(need.reserveGiB)}`;
  return [
    {
      path,
      message:
        `${model} needs ${gib(need.totalGiB)} GiB on each GPU (${parts}), ` +
        `${machine.gpu} has ${gib(offer)} (${machine.gpuMemoryGiB} at utilization ${gpuMemoryUtilization}); ${remedy(fitting)}`,
    },
  ];
};

function remedy(fitting: Fitting): string {
  const context = longestContext(fitting);
  return context === 0
    ? 'give it more GPUs by tensorParallel, or a machine with more GPU memory'
    : `set maxModelLen to ${context} or less, or give it more GPUs by tensorParallel`;
}

function gib(value: number): string {
  return value.toFixed(2);
}
