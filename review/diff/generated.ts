import { matchesAny } from '../glob.ts';
import type { FileDiff } from './parse.ts';

/** Files that programs write: locks, bundles, snapshots, generated sources, what others wrote. */
const KNOWN = [
  '**/{package-lock.json,npm-shrinkwrap.json,yarn.lock,pnpm-lock.yaml,bun.lock,deno.lock,Cargo.lock}',
  '**/{go.sum,poetry.lock,uv.lock,Pipfile.lock,composer.lock,Gemfile.lock,flake.lock,gradle.lockfile}',
  '**/{.terraform.lock.hcl,Podfile.lock,mix.lock,packages.lock.json}',
  '**/*.{min.js,min.css,map,snap,pb.go,pb.cc,pb.h,pb.ts,g.dart,designer.cs,lock}',
  '**/*{_pb2.py,_pb2_grpc.py,.generated.ts,.generated.go,_generated.go,.gen.go,.gen.ts}',
  '**/{node_modules,vendor,third_party,dist,__snapshots__,.yarn}/**',
];

const SAYS_SO =
  /@generated\b|\bCode generated\b.*\bDO NOT EDIT\b|\bauto-?generated\b.*\bdo not (?:edit|modify)\b/i;
const HEAD_LINES = 20;

/** Why a file is not worth a reader's time. */
export const SKIPPED = ['generated', 'binary', 'no lines', 'ignored'] as const;
export type Skipped = (typeof SKIPPED)[number];

/** What the base says about its files: a change cannot call itself generated. */
export interface BaseKnowledge {
  /** .gitattributes of the base. */
  readonly attributes?: string;
  /** Patterns of the settings. */
  readonly ignore: readonly string[];
  /** The beginning of the file in the base; undefined where it is new. */
  readonly text?: string;
}

/** Why a file is not reviewed; undefined: it is. */
export function skipped(
  { path, oldPath, binary, hunks }: FileDiff,
  { attributes, ignore, text }: BaseKnowledge,
): Skipped | undefined {
  if (binary) return 'binary';
  if (hunks.length === 0) return 'no lines';
  if (matchesAny(path, ignore)) return 'ignored';
  const known = attributed(attributes ?? '', path) ?? matchesAny(path, KNOWN);
  return known || (oldPath !== undefined && saysSo(text ?? '')) ? 'generated' : undefined;
}

function saysSo(text: string): boolean {
  return SAYS_SO.test(text.split('\n', HEAD_LINES).join('\n'));
}

/** What the last matching line of .gitattributes says of `linguist-generated`. */
function attributed(attributes: string, path: string): boolean | undefined {
  let said: boolean | undefined;
  for (const line of attributes.split('\n')) {
    const [pattern = '', ...given] = line.trim().split(/\s+/);
    if (pattern === '' || pattern.startsWith('#')) continue;
    const value = given.findLast((one) => /^-?linguist-generated(?:=|$)/.test(one));
    if (value === undefined || !matchesAny(path, [anchored(pattern)])) continue;
    said = !/^-|=false$/.test(value);
  }
  return said;
}

/** A pattern without a slash matches in every folder, as git has it. */
function anchored(pattern: string): string {
  return pattern.includes('/') ? pattern.replace(/^\//, '') : `**/${pattern}`;
}
