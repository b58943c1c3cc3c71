import { describe, expect, test } from 'vitest';
import type { Environment } from '../../contracts/environment.ts';
import type { NodesDocument } from '../../contracts/environment-schema.ts';
import { MACHINE_CATALOGUE } from '../../contracts/machine-catalogue.ts';
import { nodeProblems } from '../../contracts/node-rules.ts';
import { oneOf, seeded } from '../support/seeded.ts';
import { environmentWith } from './nodes-support.ts';

const CASES = 20_000;
const SEED = 20_261_123;

/** The models' facts once more, in bytes, so that a wrong catalogue shows. */
const MODELS = {
  'gpt-oss-120b': { layersOfEachKind: 18, weights: 65.97 * 2 ** 30 },
  'gpt-oss-20b': { layersOfEachKind: 12, weights: 13.72 * 2 ** 30 },
} as const;
type Model = keyof typeof MODELS;

interface Case {
  readonly model: Model;
  readonly nodes: NodesDocument;
}

const BASE: Readonly<Record<Model, Environment>> = {
  'gpt-oss-120b': environmentWith({ model: 'gpt-oss-120b', nodes: { tensorParallel: 8 } }),
  'gpt-oss-20b': environmentWith({ model: 'gpt-oss-20b', nodes: { tensorParallel: 8 } }),
};

function cases(): Case[] {
  const random = seeded(SEED);
  const machines = Object.keys(MACHINE_CATALOGUE);
  return Array.from({ length: CASES }, () => {
    const preset = oneOf(random, [undefined, undefined, 'latency', 'balanced', 'throughput'] as const);
    return {
      model: oneOf(random, ['gpt-oss-120b', 'gpt-oss-20b'] as const),
      nodes: {
        machine: machines[Math.floor(random() * machines.length)] ?? '8x-h100',
        count: 1,
        version: '0.32.0',
        port: 8000,
        drain: 120,
        preset,
        tensorParallel: preset === undefined ? oneOf(random, [1, 1, 2, 2, 4, 8, 3, 16] as const) : undefined,
        servers: preset === undefined ? oneOf(random, [1, 1, 2, 4, 8] as const) : undefined,
        firstGpu: oneOf(random, [0, 0, 0, 1, 4, 7] as const),
        maxModelLen: oneOf(random, [undefined, 1024, 5000, 65_536, 131_072, 131_073] as const),
        expectedConcurrency: oneOf(random, [1, 1, 2, 8, 64] as const),
        gpuMemoryUtilization: oneOf(random, [undefined, undefined, 0.5, 0.9, 0.94, 0.95, 0.98] as const),
        maxNumBatchedTokens: oneOf(random, [undefined, undefined, 512, 1024, 2048, 16_384] as const),
      },
    };
  });
}

/** A rule that a case breaks, and the two numbers that tell why. */
interface Broken {
  readonly rule: string;
  readonly given: string;
  readonly allowed: string;
}

/** The rules in other words and in bytes. */
function broken({ model, nodes }: Case): Broken[] {
  const machine = MACHINE_CATALOGUE[nodes.machine];
  if (machine === undefined) throw new Error(`no ${nodes.machine}`);
  const [tensorParallel, servers] = {
    latency: [8, 1],
    balanced: [2, 4],
    throughput: [1, 8],
    own: [nodes.tensorParallel ?? 1, nodes.servers ?? 1],
  }[nodes.preset ?? 'own'] as [number, number];
  const hopper120 = model === 'gpt-oss-120b' && machine.gpu === 'H100';
  const alone = hopper120 && tensorParallel === 1;
  const utilization = nodes.gpuMemoryUtilization ?? (alone ? 0.95 : 0.9);
  const large = ['H100', 'H200', 'B200'].includes(machine.gpu);
  const batched = nodes.maxNumBatchedTokens ?? (alone ? 1024 : large ? 8192 : 2048);
  const context = nodes.maxModelLen ?? 131_072;

  const { layersOfEachKind, weights } = MODELS[model];
  const bytesOfBlock = (16 * 8 * 64 * 2 * 2) / tensorParallel;
  const blocks = Math.ceil(context / 16) + Math.ceil(Math.min(127 + batched, context) / 16) + 1;
  const cache = layersOfEachKind * blocks * bytesOfBlock * nodes.expectedConcurrency;
  const reserve = 2 * 2 ** 30 + batched * 2 ** 19;
  const needed = weights / tensorParallel + cache + reserve;

  const offered = machine.gpuMemoryGiB * 2 ** 30 * utilization;
  const gpus = tensorParallel * servers;
  const { firstGpu } = nodes;
  const shift = firstGpu === 0 ? 0 : firstGpu - 1;
  const rule = (name: string, breaks: boolean, given: number | string, allowed: number | string): Broken[] =>
    breaks ? [{ rule: name, given: String(given), allowed: String(allowed) }] : [];
  return [
    ...rule(
      'gpus',
      firstGpu + gpus > machine.gpus,
      gpus + shift,
      firstGpu === 0 ? machine.gpus : machine.gpus - 1,
    ),
    ...rule('heads', 8 % tensorParallel !== 0, tensorParallel, 64),
    ...rule('context', context > 131_072, context, 131_072),
    ...rule('leastUtilization', alone && utilization < 0.95, utilization, 0.95),
    ...rule('mostUtilization', hopper120 && tensorParallel === 2 && utilization >= 0.95, utilization, 0.95),
    ...rule('batched', alone && batched > 1024, batched, 1024),
    ...rule('memory', needed > offered, gib(needed), gib(offered)),
  ];
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(2);
}

function messages({ model, nodes }: Case): string[] {
  const base = BASE[model];
  const releases = { v32: { role: 'stable' as const, weight: 100, nodes } };
  const environment = { ...base, models: { [model]: { salt: '1', releases } } };
  return nodeProblems(environment).map(({ message }) => message);
}

describe(`${CASES} releases drawn at random`, () => {
  const drawn = cases().map((one) => ({ ...one, broken: broken(one), messages: messages(one) }));
  const breakingOnly = (rule: string) => drawn.filter((one) => one.broken.map((b) => b.rule).join() === rule);

  test('break each rule alone, or none, often enough to mean something', () => {
    const rules = ['gpus', 'heads', 'context', 'leastUtilization', 'mostUtilization', 'batched', 'memory'];
    for (const rule of rules) expect(breakingOnly(rule).length, rule).toBeGreaterThan(20);
    expect(breakingOnly('').length).toBeGreaterThan(CASES / 20);
  });

  test('are accepted exactly when they break no rule', () => {
    const wrong = drawn.filter((one) => (one.broken.length === 0) !== (one.messages.length === 0));
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('are refused with the number that was given and the one that is allowed', () => {
    const whole = (number: string) => new RegExp(`(?<![\\d.])${number.replace('.', '\\.')}(?![\\d.]*\\d)`);
    const mute = drawn
      .filter((one) => one.broken.length === 1)
      .filter(({ broken: [why], messages: [message = ''] }) =>
        [why?.given ?? '?', why?.allowed ?? '?'].some((number) => !whole(number).test(message)),
      );
    expect(mute.slice(0, 3)).toEqual([]);
  });

  test('are refused for memory with a context that is accepted, where there is one', () => {
    const advised = breakingOnly('memory').flatMap(({ messages: [text = ''], model, nodes }) => {
      const context = /set maxModelLen to (\d+) or less/.exec(text)?.[1];
      return context === undefined ? [] : [{ model, nodes: { ...nodes, maxModelLen: Number(context) } }];
    });
    expect(advised.length).toBeGreaterThan(20);
    expect(advised.filter((one) => messages(one).length > 0).slice(0, 3)).toEqual([]);
  });
});
