import { ReviewerConfig } from '../../contracts/reviewer-config.ts';
import { parse, readSecret, readText, readToken, type Sources, versionOf } from '../common/sources.ts';

/** The configuration, checked and with its secrets read. Replaced as a whole by a reload. */
export interface ReviewerState {
  readonly version: string;
  readonly config: ReviewerConfig;
  readonly webhookSecret?: string;
  /** PEM text of the app's private key. */
  readonly privateKey?: string;
  readonly gatewayKey?: string;
}

/** @throws Error that says which field or secret is wrong */
export async function loadState(path: string, sources: Sources): Promise<ReviewerState> {
  const text = await readText(path, path, sources);
  const config = parse(ReviewerConfig, text, path);
  const { receive, work } = config;
  if (receive === undefined && work === undefined)
    throw new Error(`${path}: give \`receive\`, \`work\` or both`);
  return {
    version: versionOf(text),
    config,
    webhookSecret: receive && (await readToken('receive.webhookSecret', receive.webhookSecret, sources)),
    gatewayKey: work && (await readToken('work.gatewayKey', work.gatewayKey, sources)),
    privateKey: work && (await readPrivateKey(work.github.privateKey, sources)),
  };
}

async function readPrivateKey(source: Parameters<typeof readSecret>[1], sources: Sources): Promise<string> {
  const text = await readSecret('work.github.privateKey', source, sources);
  if (!text.includes('-----BEGIN'))
    throw new Error(
      "work.github.privateKey: must be the PEM file that GitHub makes under the app's settings (value not shown)",
    );
  return text;
}
