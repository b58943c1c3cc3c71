import type { Environment } from './environment.ts';

/** What the sections `google` and `aws` say alike, with the platform's name. */
export type CloudSection =
  | (NonNullable<Environment['google']> & { readonly platform: 'google' })
  | (NonNullable<Environment['aws']> & { readonly platform: 'aws' });

/** The section of a cloud environment; undefined on the other platforms, and where it is missing. */
export function cloudSection({ platform, google, aws }: Environment): CloudSection | undefined {
  if (platform === 'google' && google !== undefined) return { ...google, platform };
  if (platform === 'aws' && aws !== undefined) return { ...aws, platform };
  return undefined;
}
