import type { Provisioning } from '../../contracts/cost.ts';
import type { Machine } from '../../contracts/machine-catalogue.ts';
import { Failure } from '../errors.ts';

/** Why a cloud gave no answer. What is not there is no error: the call answers `undefined` or `absent`. */
export class CloudError extends Failure {
  readonly reason: 'credentials' | 'denied' | 'unreachable' | 'refused';

  constructor(reason: CloudError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Secret Manager or Secrets Manager. */
export interface SecretStore {
  /** `empty`: it exists and has no value that could be read. */
  readonly state: (id: string) => Promise<'present' | 'empty' | 'absent'>;
  /** The newest value; undefined where there is none. */
  readonly read: (id: string) => Promise<string | undefined>;
  /** Makes the secret if need be, and gives it a new value. */
  readonly write: (id: string, value: string) => Promise<'created' | 'new version'>;
}

export interface StoredObject {
  readonly bytes: number;
  /** As whoever uploaded it said; undefined for an object of another origin. */
  readonly sha256?: string;
}

/** A file on its way to a bucket. */
export interface Upload {
  readonly key: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The same in base64, as Google checks it. */
  readonly md5: string;
}

/** Remembers uploads that have begun, so that another run goes on where the last one ended. */
export interface UploadSessions {
  /** The session of this very content; undefined where none has begun. */
  readonly get: (upload: Upload) => string | undefined;
  readonly set: (upload: Upload, session: string) => void;
  readonly forget: (upload: Upload) => void;
}

/** Of a text that is written into a bucket. */
export function contentType(key: string): string {
  return key.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8';
}

export interface Bucket {
  /** `gs://name` or `s3://name`. */
  readonly url: string;
  /** Whether old versions of its objects are kept; undefined where there is no such bucket. */
  readonly versioned: () => Promise<boolean | undefined>;
  readonly head: (key: string) => Promise<StoredObject | undefined>;
  readonly read: (key: string) => Promise<string | undefined>;
  readonly write: (key: string, text: string) => Promise<void>;
  /** Sends a file in parts. `sent` is told the bytes that have arrived so far. */
  readonly upload: (upload: Upload, sessions: UploadSessions, sent: (bytes: number) => void) => Promise<void>;
}

/** Machines that an environment asks for, of one kind. */
export interface MachineNeed {
  readonly name: string;
  readonly machine: Machine;
  readonly from: Provisioning;
  readonly count: number;
}

/** One limit of the account against what the environment needs of it. */
export interface Quota {
  /** As the cloud calls it. */
  readonly name: string;
  readonly unit: 'GPUs' | 'vCPUs';
  readonly needed: number;
  /** Undefined: not known, and `why` says so. */
  readonly limit?: number;
  readonly why?: string;
  /** The command that asks for more. */
  readonly fix: string;
}

/** What fleet asks of a cloud with the operator's own credentials. Every call throws CloudError where it gets no answer. */
export interface Cloud {
  /** Who the operator is, and in which account where the credentials are bound to one. */
  readonly identity: () => Promise<{ readonly who: string; readonly account?: string }>;
  readonly secrets: SecretStore;
  readonly bucket: (name: string, region?: string) => Bucket;
  /** Those of the named services that are switched off. */
  readonly servicesOff: (services: readonly string[]) => Promise<readonly string[]>;
  /** Whether a machine image can be booted. */
  readonly hasMachineImage: (image: string) => Promise<boolean>;
  /** The newest published image with a GPU driver. */
  readonly newestMachineImage: () => Promise<string | undefined>;
  /** Whether a container image of the cloud's own registry is there; undefined for another registry. */
  readonly hasContainerImage: (reference: string) => Promise<boolean | undefined>;
  readonly quotas: (needs: readonly MachineNeed[]) => Promise<readonly Quota[]>;
}
