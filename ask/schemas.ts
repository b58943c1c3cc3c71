import type { ProviderSchema } from './provider-schema.ts';
import aws from './schemas/aws.json' with { type: 'json' };
import google from './schemas/google.json' with { type: 'json' };

/** Recorded with `npm run evidence -- record-tool-schemas`; see bench/record-tool-schemas.ts. */
export const PROVIDER_SCHEMAS: readonly ProviderSchema[] = [
  aws,
  google,
] as readonly unknown[] as readonly ProviderSchema[];
