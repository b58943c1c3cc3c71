import { environmentJsonSchema } from '../../contracts/environment-schema.ts';

/** JSON schema of an environment file, for editors. */
export function schema(): unknown {
  return environmentJsonSchema();
}
