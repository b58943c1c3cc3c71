import { CATALOGUE } from '../plan/catalogue.ts';
import { type Finding, judge } from '../plan/judge.ts';
import type { Surroundings } from '../plan/surroundings.ts';
import { readSynthesized } from '../plan/synthesized.ts';
import type { Configuration } from './configuration.ts';
import { terraformJsonOf } from './terraform-json.ts';

/** A printed module has no backend: where its state is kept is for whoever applies it to say. */
const RULES = CATALOGUE.filter(({ topic }) => topic !== 'state');

/** What this project's plan checks say of a configuration that nobody has planned yet. */
export function planFindings(
  configuration: Configuration,
  surroundings: Surroundings,
  today: string,
): readonly Finding[] {
  const synthesized = readSynthesized(terraformJsonOf(configuration));
  return judge({ synthesized, surroundings, today, rules: RULES }).findings;
}

/** `public-port: aws_…: 0.0.0.0/0 may reach port 22. Accept from …` */
export function findingText({ rule, address, message, fix }: Finding): string {
  return `${rule}: ${address === undefined ? '' : `${address}: `}${message}. ${fix}`;
}
