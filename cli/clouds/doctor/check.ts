import type { CloudSection } from '../../../contracts/cloud-section.ts';
import type { Environment } from '../../../contracts/environment.ts';
import { isPlaceholder } from '../../../contracts/placeholder.ts';
import type { Cloud } from '../cloud.ts';
import type { Fixes } from './fixes.ts';

/** Something that has to be in the cloud before an environment can be deployed. */
export interface CloudFinding {
  readonly what: string;
  /** `unknown`: there was no answer, or none that could be judged; `detail` says why. */
  readonly state: 'found' | 'missing' | 'unknown';
  readonly detail?: string;
  /** The command that helps; absent where all is well. */
  readonly fix?: string;
}

/** A check by what it looks for. What it throws as CloudError is an unknown finding. */
export interface CloudCheck {
  readonly what: string;
  /** What to do when there is no answer. */
  readonly fix?: string;
  readonly look: () => Promise<Omit<CloudFinding, 'what'>>;
}

/** What a check needs to know. */
export interface Examination {
  readonly environment: Environment;
  readonly section: CloudSection;
  readonly cloud: Cloud;
  readonly fixes: Fixes;
}

/** The finding of a text that nobody has replaced yet; undefined for a real one. */
export function placeholderFinding(text: string, fix: string): Omit<CloudFinding, 'what'> | undefined {
  return isPlaceholder(text) ? { state: 'missing', detail: `${text} is a placeholder`, fix } : undefined;
}
